/**
 * The memory that this process may use.
 *
 * Owns: the question to the system: the limit of the container (a control group), or the memory of the machine.
 *
 * Suspension: synchronous.
 */
import { totalmem } from 'node:os';
import process from 'node:process';

/** Bytes. A control group without a limit answers 0, or more than there is. */
export function machineMemoryBytes(): number {
  const machine = totalmem();
  const limit = process.constrainedMemory?.() ?? 0; // not every runtime has it
  return limit > 0 && limit < machine ? limit : machine;
}
