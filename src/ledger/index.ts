/**
 * `varve/ledger`: checks of what a verifiable keyspace has proven.
 *
 * The public surface of this entry, listed name by name. It is for an auditor, who has proofs and no database: it loads
 * neither the engine nor a native package, and reads no file.
 */
export {
  type ExtensionProof,
  type InclusionProof,
  ProofError,
  type ProvenEntry,
  type TreeRoot,
  verifyExtension,
  verifyProof,
} from '../merkle/proofs.ts';
