/**
 * `varve/fastify`: a Varve database in a Fastify server.
 *
 * The public surface of this entry, listed name by name. It stands on that of the library. The plugin is given to the
 * program's own `fastify`, so this entry loads no package.
 */
export {
  type FastifyDatabase,
  type FastifyLike,
  type FastifyReplyLike,
  varveFastify,
  type VarveFastifyOptions,
} from './fastify-plugin.ts';
