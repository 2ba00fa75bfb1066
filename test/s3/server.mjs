/** A server of the protocol of S3, in a process of its own: `server.mjs DIRECTORY BUCKET`. Prints its port. */
import S3rver from 's3rver';

const [directory, bucket] = process.argv.slice(2);
const server = new S3rver({
  address: '127.0.0.1',
  port: 0,
  silent: true,
  directory,
  configureBuckets: [{ name: bucket }],
});
const { port } = await server.run();
console.log(port);
process.on('disconnect', () => process.exit()); // with the process of the tests
