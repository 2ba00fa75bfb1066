/**
 * A file, or standard input, as the source of an import.
 *
 * Owns: what lines without a header are: entries of one keyspace, in the forms that the command line says.
 *
 * Suspension: opening reads the beginning of the file.
 */
import { formsOfKeyspace } from './json-lines.ts';
import { FileReader, type FilePosition, itemsOf, readHead } from './file-source.ts';
import { type ImportSource, keyspaceSaid, type SaidOfEntries } from './import-source.ts';
import type { TransferKeyspace } from '../../migrate/keyspace-copy.ts';
import type { PlacedItem } from './items.ts';

export async function importedFile(path: string, said: SaidOfEntries): Promise<ImportSource> {
  const reader = new FileReader(path);
  try {
    const head = await readHead(reader);
    const { into, keys = 'bytes', values = 'bytes' } = said;
    const keyspace: TransferKeyspace = keyspaceSaid(into, keys, values);
    return {
      name: reader.name,
      fingerprint: head.fingerprint,
      hasEnds: head.header !== undefined,
      keyspaces: head.header?.keyspaces ?? [keyspace],
      async *items(from): AsyncGenerator<PlacedItem, void> {
        const position = (from as FilePosition | undefined) ?? AT_THE_START;
        await reader.skipTo(position.offset);
        yield* itemsOf(reader, head, position, formsOfKeyspace(keyspace));
      },
      close: () => reader.close(),
    };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

const AT_THE_START: FilePosition = { offset: 0, keyspace: undefined };
