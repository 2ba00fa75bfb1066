import { open } from 'varve';

export const dynamic = 'force-dynamic';

/** Flushes and compacts in the server: what the smoke program does, short. */
export async function GET(request) {
  const query = new URL(request.url).searchParams;
  const db = await open(query.get('directory'), {
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    memtableSizeBytes: 262144,
    level1SizeBytes: 262144,
    durability: 'os',
    background: query.get('background'),
    compression: query.get('compression'),
  });
  for (let i = 0; i < 3000; i++) await db.put(`key${i}`, 'value '.repeat(80));
  await db.flush();
  await db.compact();
  const isThere = db.getSync('key7') === 'value '.repeat(80);
  await db.close();
  return new Response(isThere ? 'SMOKE OK' : 'SMOKE FAILED');
}
