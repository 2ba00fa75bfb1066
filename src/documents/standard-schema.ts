/**
 * Schemas of other libraries, by the interface that they share (standardschema.dev).
 *
 * Owns: the types of that interface, and the one call that a collection makes.
 *
 * Invariants:
 *   standard-schema/synchronous: a schema that answers with a promise is refused by name, at every call. Patches run in the
 *       step of a commit, where nothing can wait; so that no call takes what another refuses, none waits.
 *
 * Suspension: everything here is synchronous.
 */
import { types } from 'node:util';
import { DocumentError, type DocumentIssue, ValidationError } from './document-error.ts';

/** What a schema finds wrong. */
export interface StandardIssue {
  /** In words. */
  readonly message: string;
  /** The way to it: names, positions, or objects that have them as `key`. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema answers: the value as it is to be kept, or what is wrong. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** A schema of any library with the interface of Standard Schema, version 1: zod, valibot, arktype and others. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The interface. */
  readonly '~standard': {
    /** Of the interface. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Checks a value, and may change it. */
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** For the compiler alone. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema takes. */
export type InputOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input'];

/** What a schema gives. */
export type OutputOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output'];

/** The value as the schema gives it. Throws ValidationError, and a DocumentError for an asynchronous schema. */
export function validated(schema: StandardSchema, value: unknown): unknown {
  const result = schema['~standard'].validate(value);
  if (types.isPromise(result)) {
    result.catch(() => undefined); // refused below: that is told once
    throw new DocumentError(
      'ASYNC_SCHEMA',
      'Schema answers with a promise: take one without asynchronous checks, and run these before the call',
    );
  }
  const answer = result;
  if (answer.issues === undefined) return answer.value;
  const issues = answer.issues.map(issueOf);
  const [first] = issues;
  const more = issues.length > 1 ? `, and ${issues.length - 1} more` : '';
  throw new ValidationError(
    `Schema refuses the document: ${first?.path || 'document'}: ${first?.message ?? 'invalid'}${more}`,
    issues,
  );
}

function issueOf({ message, path = [] }: StandardIssue): DocumentIssue {
  const names = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return { message, path: names.join('.') };
}
