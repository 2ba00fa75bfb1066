/**
 * The SQL of this entry.
 *
 * Owns: the tables and every statement on them. It is written to what PostgreSQL 15 has, and CockroachDB and YugabyteDB
 * document too: no stored function, no trigger, no type but bytes, whole numbers and text.
 *
 * Tables, under the schema and the name that the connection string gives:
 *
 *      entries        k bytea, v bytea                      the newest state: a row for each key that is there
 *      entries$log    version, i, k, v, wall_ms, attempt    a row for each write of the kept commits; v null deletes
 *                     id, at_ms                             of a commit, in its first row: its id, the server's time
 *      entries$meta   name, value                           'format': of these tables; 'horizon': the version up to which
 *                                                           the log was cut; 'order': its row is the lock of commits
 *
 * A name has no `$`: no table is the log of another.
 *
 * Invariants:
 *   statements/one-lock: a transaction that commits holds the lock of the row 'order' until its commit is visible. So
 *       versions grow by the order of commits, and a state that shows a version shows all smaller ones.
 *   statements/lock-never-written: nobody changes the row 'order'. A row that each commit changes would leave a trail of old
 *       versions, which each reader must walk as long as a snapshot is open.
 *
 * Suspension: every function here is synchronous.
 */
import type { Statement } from './session.ts';

/** The format of the tables that this version writes. Persisted. */
export const FORMAT = 1;

export interface Statements {
  /** Makes what is missing of schema and tables. Each is a statement of its own. */
  readonly create: readonly string[];
  /** The format of the tables. */
  readonly format: string;
  /** A transaction that reads one state; gives its version. */
  readonly beginSnapshot: string;
  readonly get: Statement;
  readonly getMany: Statement;
  /** A page by direction, with an end and without: [start, end,] rows, bytes. */
  readonly page: (isReverse: boolean, hasEnd: boolean) => Statement;
  /** A transaction that holds the lock of commits, and wakes the streams when it commits. */
  readonly beginCommit: (canNotify: boolean) => string;
  /** Judges the commits of a group, and puts the winners into the log (commit-flight.ts has its parameters). */
  readonly judge: Statement;
  /** What the winners have put, then what they have deleted: [commits in the group, attempt]. */
  readonly put: Statement;
  readonly del: Statement;
  /** Which of the keys and ranges changed after a version: for commits that are far behind. */
  readonly precheck: Statement;
  readonly newest: Statement;
  readonly listen: string;
  /** Rows of the log behind a place: [version, i, start, end, rows, bytes]. */
  readonly log: Statement;
  /** Cuts the log: what is old, then the cut. */
  readonly lockHorizon: string;
  readonly old: Statement;
  readonly cut: Statement;
  readonly moveHorizon: Statement;
}

export function statementsFor(schema: string, table: string): Statements {
  const names = namesOf(schema, table);
  const { entries } = names;
  const pages = new Map<string, Statement>();
  for (const isReverse of [false, true]) {
    for (const hasEnd of [false, true]) {
      pages.set(`${isReverse} ${hasEnd}`, page(entries, isReverse, hasEnd));
    }
  }
  return {
    ...setup(names),
    beginSnapshot:
      'begin isolation level repeatable read read only; ' +
      `select coalesce(max(version), 0) from ${names.log}`,
    get: { name: 'get', text: `select v from ${entries} where k = $1` },
    getMany: { name: 'getMany', text: `select k, v from ${entries} where k = any($1::bytea[])` },
    page: (isReverse, hasEnd) => pages.get(`${isReverse} ${hasEnd}`)!, // each was made above
    ...committing(names),
    ...following(names),
  };
}

interface Names {
  readonly schema: string;
  readonly entries: string;
  readonly log: string;
  readonly meta: string;
  readonly logId: string;
  readonly channel: string;
}

function namesOf(schema: string, table: string): Names {
  return {
    schema: `"${schema}"`,
    entries: `"${schema}"."${table}"`,
    log: `"${schema}"."${table}$log"`,
    meta: `"${schema}"."${table}$meta"`,
    logId: `"${table}$log$id"`,
    channel: `"${schema}.${table}"`.slice(0, 63),
  };
}

function setup({
  schema,
  entries,
  log,
  meta,
  logId,
}: Names): Pick<Statements, 'create' | 'format'> {
  return {
    create: [
      `create schema if not exists ${schema}`,
      `create table if not exists ${entries} (k bytea primary key, v bytea not null)`,
      `create table if not exists ${log} (version bigint not null, i integer not null, k bytea not null, v bytea, ` +
        'wall_ms bigint not null, attempt bigint not null, id bytea, at_ms bigint, primary key (version, i))',
      `create unique index if not exists ${logId} on ${log} (id) where id is not null`,
      // One transaction: who sees the table sees the format in it.
      `create table if not exists ${meta} (name text primary key, value bigint not null); ` +
        `insert into ${meta} (name, value) values ('format', ${FORMAT}), ('horizon', 0), ('order', 0) on conflict do nothing`,
    ],
    format: `select value from ${meta} where name = 'format'`,
  };
}

/** Rows whose predecessors in the page, together, have fewer bytes than the last parameter. */
function page(entries: string, isReverse: boolean, hasEnd: boolean): Statement {
  const order = isReverse ? 'k desc' : 'k';
  const [rows, bytes] = hasEnd ? ['$3', '$4'] : ['$2', '$3'];
  return {
    name: `page ${isReverse ? 'back' : 'on'}${hasEnd ? '' : ' open'}`,
    text:
      'select k, v from (select k, v, sum(octet_length(k) + octet_length(v)) over ' +
      `(order by ${order} rows between unbounded preceding and 1 preceding) as before from ` +
      `(select k, v from ${entries} where k >= $1${hasEnd ? ' and k < $2' : ''} order by ${order} limit ${rows}) as part) ` +
      `as counted where before is null or before < ${bytes} order by ${order}`,
  };
}

type Committing = 'beginCommit' | 'judge' | 'put' | 'del' | 'precheck' | 'newest';

function committing({ entries, log, meta, channel }: Names): Pick<Statements, Committing> {
  /** The last write of each key that this attempt has won. */
  const final =
    `(select distinct on (k) k, v from ${log} where version > (select max(version) from ${log}) - $1::bigint ` +
    'and attempt = $2::bigint order by k, version desc) as final';
  return {
    beginCommit: (canNotify) =>
      'begin isolation level read committed; ' +
      `select value from ${meta} where name = 'order' for update` +
      (canNotify ? `; notify ${channel}` : ''),
    judge: { name: 'judge', text: judge(entries, log, meta) },
    put: {
      name: 'put',
      text: `insert into ${entries} (k, v) select k, v from ${final} where v is not null on conflict (k) do update set v = excluded.v`,
    },
    del: {
      name: 'del',
      text: `delete from ${entries} where k in (select k from ${final} where v is null)`,
    },
    precheck: {
      name: 'precheck',
      text:
        `with recent as materialized (select k from ${log} where version > $1::bigint), ` +
        'clash as (select r.k from recent r join unnest($2::bytea[]) as p(k) on r.k = p.k union all ' +
        'select r.k from unnest($3::bytea[], $4::bytea[]) as s(low, high) ' +
        'join recent r on r.k >= s.low and (s.high is null or r.k < s.high)) ' +
        `select (select coalesce(max(version), 0) from ${log}), (select value from ${meta} where name = 'horizon'), ` +
        '(select k from clash order by k limit 1)',
    },
    newest: { name: 'newest', text: `select coalesce(max(version), 0) from ${log}` },
  };
}

/**
 * One row for each commit of the group: version or null, a key over which it lost or null, whether the log does not go back
 * to its floor, the newest version before the group. A commit that is known by its id has its version.
 */
function judge(entries: string, log: string, meta: string): string {
  return `
with c as (
  select n, floor, id, wall_ms from unnest($1::bigint[], $2::bytea[], $3::bigint[]) with ordinality as c(floor, id, wall_ms, n)
), w as (
  select n, i, k, v from unnest($4::bigint[], $5::bigint[], $6::bytea[], $7::bytea[]) as w(n, i, k, v)
), newest as (
  select coalesce(max(version), 0) as version from ${log}
), horizon as (
  select value as version from ${meta} where name = 'horizon'
), known as (
  select c.n, l.version from c join ${log} l on l.id = c.id
), recent as materialized (
  select version, k from ${log} where version > $8::bigint
), clash as (
  select distinct on (n) n, k from (
    select p.n, r.k from unnest($9::bigint[], $10::bytea[]) as p(n, k)
      join c on c.n = p.n join recent r on r.k = p.k and r.version > c.floor
    union all
    select s.n, r.k from unnest($11::bigint[], $12::bytea[], $13::bytea[]) as s(n, low, high)
      join c on c.n = s.n
      join recent r on r.version > c.floor and r.k >= s.low and (s.high is null or r.k < s.high)
  ) as each_clash order by n, k
), unguarded as (
  select distinct on (g.n) g.n, g.k from unnest($15::bigint[], $16::bytea[], $17::bytea[]) as g(n, k, v)
    left join ${entries} e on e.k = g.k where e.v is distinct from g.v order by g.n, g.k
), winner as (
  select c.n, c.id, c.wall_ms, newest.version + row_number() over (order by c.n) as version
  from c cross join newest cross join horizon
  where c.floor >= horizon.version
    and not exists (select 1 from known where known.n = c.n)
    and not exists (select 1 from clash where clash.n = c.n)
    and not exists (select 1 from unguarded where unguarded.n = c.n)
    and exists (select 1 from w where w.n = c.n)
), logged as (
  insert into ${log} (version, i, k, v, wall_ms, attempt, id, at_ms)
  select winner.version, w.i, w.k, w.v, winner.wall_ms, $14::bigint, case when w.i = 0 then winner.id end,
    case when w.i = 0 then (extract(epoch from clock_timestamp()) * 1000)::bigint end
  from winner join w on w.n = winner.n
  returning 1
)
select coalesce(known.version, winner.version), coalesce(unguarded.k, clash.k), c.floor < horizon.version, newest.version
from c cross join newest cross join horizon
  left join known on known.n = c.n left join clash on clash.n = c.n
  left join unguarded on unguarded.n = c.n left join winner on winner.n = c.n
order by c.n`;
}

type Following = 'listen' | 'log' | 'lockHorizon' | 'old' | 'cut' | 'moveHorizon';

function following({ log, meta, channel }: Names): Pick<Statements, Following> {
  return {
    listen: `listen ${channel}`,
    log: {
      name: 'log',
      text:
        `with horizon as (select value as version from ${meta} where name = 'horizon'), ` +
        `newest as (select coalesce(max(version), 0) as version from ${log}), ` +
        `part as (select version, i, k, v, wall_ms from ${log} where (version, i) > ($1::bigint, $2::integer) ` +
        'and k >= $3::bytea and ($4::bytea is null or k < $4::bytea) order by version, i limit $5), ' +
        'counted as (select version, i, k, v, wall_ms, sum(octet_length(k) + coalesce(octet_length(v), 0)) over ' +
        '(order by version, i rows between unbounded preceding and 1 preceding) as before from part) ' +
        'select horizon.version, newest.version, c.version, c.i, c.wall_ms, c.k, c.v from horizon cross join newest ' +
        'left join counted c on c.before is null or c.before < $6 order by c.version, c.i',
    },
    lockHorizon: `begin isolation level read committed; select value from ${meta} where name = 'horizon' for update skip locked`,
    old: {
      name: 'old',
      text:
        `select version from ${log} where version > $1::bigint and version < (select max(version) from ${log}) and i = 0 ` +
        'and at_ms < (extract(epoch from clock_timestamp()) * 1000)::bigint - $2::bigint order by version limit $3',
    },
    cut: { name: 'cut', text: `delete from ${log} where version <= $1::bigint` },
    moveHorizon: {
      name: 'moveHorizon',
      text: `update ${meta} set value = $1::bigint where name = 'horizon' and value < $1::bigint`,
    },
  };
}
