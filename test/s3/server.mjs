/** A server of the protocol of S3, as a child of the tests: `server.mjs DIRECTORY BUCKET`. Tells its parent the port. */
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
process.send(port);
process.on('disconnect', () => process.exit()); // with the process of the tests
