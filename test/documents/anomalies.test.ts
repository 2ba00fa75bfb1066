/** The anomalies of docs/isolation.md, on documents: which level allows and which forbids them. */
import { describe, expect, it } from 'vitest';
import { type Collection, collection } from '../../src/documents/index.ts';
import type { Isolation } from '../../src/index.ts';
import { type AnyDatabase, refusal, withDatabase } from './document-database.ts';

interface Doctor {
  name: string;
  shift: string;
  isOnCall: boolean;
  visits: number;
}

const open = (db: AnyDatabase): Promise<Collection<Doctor>> =>
  collection<Doctor>(db, 'doctors', {
    indexes: { byName: { on: ['name'], unique: true }, byShift: { on: ['shift', 'isOnCall'] } },
  });

async function withDoctors(
  use: (db: AnyDatabase, doctors: Collection<Doctor>) => Promise<void>,
): Promise<void> {
  await withDatabase(async (db) => {
    const doctors = await open(db);
    for (const id of ['a', 'b']) {
      await doctors.insert({ id, name: id, shift: 'night', isOnCall: true, visits: 0 });
    }
    await use(db, doctors);
  });
}

const LEVELS: readonly Isolation[] = ['snapshot', 'serializable'];

describe.each(LEVELS)('at the level %s', (isolation) => {
  it('no update is lost: of two that read a document and replace it, one conflicts', () =>
    withDoctors(async (db, doctors) => {
      const txs = [db.begin({ isolation }), db.begin({ isolation })];
      for (const tx of txs) {
        const { id, ...doctor } = (await doctors.in(tx).get('a'))!;
        await doctors.in(tx).replace(id, { ...doctor, visits: doctor.visits + 1 });
      }
      await txs[0]!.commit();
      await refusal(txs[1]!.commit(), 'CONFLICT');
      expect((await doctors.get('a'))?.visits).toBe(1);
    }));

  it('no update is lost when transactions are run again, nor any increment', () =>
    withDoctors(async (db, doctors) => {
      const byReading = Array.from({ length: 10 }, () =>
        db.transaction(
          async (tx) => {
            const { id, ...doctor } = (await doctors.in(tx).get('a'))!;
            await doctors.in(tx).replace(id, { ...doctor, visits: doctor.visits + 1 });
          },
          { isolation },
        ),
      );
      const byPatch = Array.from({ length: 10 }, () =>
        db.transaction((tx) => doctors.in(tx).patch('a', { increment: { visits: 1 } }), {
          isolation,
        }),
      );
      await Promise.all([...byReading, ...byPatch]);
      expect((await doctors.get('a'))?.visits).toBe(20);
    }));

  it('patches of different fields do not conflict', () =>
    withDoctors(async (db, doctors) => {
      const txs = [db.begin({ isolation }), db.begin({ isolation })];
      await doctors.in(txs[0]!).patch('a', { set: { shift: 'day' } });
      await doctors.in(txs[1]!).patch('a', { set: { isOnCall: false } });
      for (const tx of txs) await tx.commit();
      expect(await doctors.get('a')).toMatchObject({ shift: 'day', isOnCall: false });
      expect(await doctors.count({ shift: 'day', isOnCall: false })).toBe(1);
    }));

  it(`a decision on a read before a patch is ${isolation === 'snapshot' ? 'not checked' : 'checked'}`, () =>
    withDoctors(async (db, doctors) => {
      const txs = [db.begin({ isolation }), db.begin({ isolation })];
      for (const tx of txs) {
        const { visits } = (await doctors.in(tx).get('a'))!;
        if (visits === 0) await doctors.in(tx).patch('a', { increment: { visits: 1 } });
      }
      await txs[0]!.commit();
      const second = txs[1]!.commit();
      if (isolation === 'snapshot') await second;
      else await refusal(second, 'CONFLICT');
      expect((await doctors.get('a'))?.visits).toBe(isolation === 'snapshot' ? 2 : 1);
    }));

  it('no read is dirty, and none is repeated with another answer', () =>
    withDoctors(async (db, doctors) => {
      const writer = db.begin({ isolation });
      const reader = db.begin({ isolation });
      const where = { shift: 'night', isOnCall: true } as const;
      await doctors.in(writer).patch('a', { set: { isOnCall: false } });
      expect(await doctors.in(writer).count(where)).toBe(1);
      expect(await doctors.in(reader).count(where)).toBe(2);
      expect(await doctors.count(where)).toBe(2);
      await writer.commit();
      expect(await doctors.in(reader).find({ where }).all()).toHaveLength(2);
      expect(await doctors.in(reader).get('a')).toMatchObject({ isOnCall: true });
      expect(await doctors.count(where)).toBe(1);
      reader.rollback();
    }));

  /** Each leaves when the other is still there, as both see. */
  async function bothLeave(db: AnyDatabase, doctors: Collection<Doctor>): Promise<string> {
    const txs = [db.begin({ isolation }), db.begin({ isolation })];
    for (const [i, tx] of txs.entries()) {
      const onCall = await doctors.in(tx).count({ shift: 'night', isOnCall: true });
      if (onCall > 1) await doctors.in(tx).patch('ab'.charAt(i), { set: { isOnCall: false } });
    }
    await txs[0]!.commit();
    return txs[1]!.commit().then(
      () => 'committed',
      (error: unknown) => String(Reflect.get(error as object, 'code')),
    );
  }

  it(`write skew is ${isolation === 'snapshot' ? 'allowed' : 'refused'}`, () =>
    withDoctors(async (db, doctors) => {
      expect(await bothLeave(db, doctors)).toBe(
        isolation === 'snapshot' ? 'committed' : 'CONFLICT',
      );
      const left = await doctors.count({ shift: 'night', isOnCall: true });
      expect(left).toBe(isolation === 'snapshot' ? 0 : 1);
    }));

  it.each([
    ['by an index', { shift: 'day' }],
    ['by a scan', { visits: 7 }],
  ])(`a phantom %s is ${isolation === 'snapshot' ? 'allowed' : 'refused'}`, (_, where) =>
    withDoctors(async (db, doctors) => {
      const txs = [db.begin({ isolation }), db.begin({ isolation })];
      for (const tx of txs) {
        if ((await doctors.in(tx).first({ where })) !== undefined) continue;
        const name = `new${txs.indexOf(tx)}`;
        await doctors.in(tx).insert({ name, shift: 'day', isOnCall: true, visits: 7 });
      }
      await txs[0]!.commit();
      const second = txs[1]!.commit();
      if (isolation === 'snapshot') await second;
      else await refusal(second, 'CONFLICT');
      expect(await doctors.count(where)).toBe(isolation === 'snapshot' ? 2 : 1);
    }),
  );

  it('one of many claims of a unique value wins', () =>
    withDoctors(async (db, doctors) => {
      const fields = { shift: 'day', isOnCall: true, visits: 0 };
      const claims = Array.from({ length: 12 }, (_, i) => {
        const doctor = { ...fields, id: `c${i}`, name: 'same' };
        if (i % 3 === 0) return doctors.insert(doctor);
        if (i % 3 === 1) {
          return db.transaction((tx) => doctors.in(tx).insert(doctor), { isolation });
        }
        return doctors
          .insert({ ...doctor, name: `x${i}` })
          .then(() => doctors.patch(`c${i}`, { set: { name: 'same' } }));
      });
      const results = await Promise.allSettled(claims);
      const lost = results.filter((result) => result.status === 'rejected');
      expect(lost.map(({ reason }) => String(Reflect.get(reason as object, 'code')))).toEqual(
        Array.from({ length: 11 }, () => 'UNIQUE'),
      );
      expect(await doctors.count({ name: 'same' })).toBe(1);
    }));

  it('one of many inserts of an id wins', () =>
    withDoctors(async (db, doctors) => {
      const inserts = Array.from({ length: 8 }, (_, i) => {
        const doctor = { id: 'same', name: `n${i}`, shift: 'day', isOnCall: true, visits: i };
        return i % 2 === 0
          ? doctors.insert(doctor)
          : db.transaction((tx) => doctors.in(tx).insert(doctor), { isolation });
      });
      const results = await Promise.allSettled(inserts);
      const lost = results.filter((result) => result.status === 'rejected');
      expect(lost.map(({ reason }) => String(Reflect.get(reason as object, 'code')))).toEqual(
        Array.from({ length: 7 }, () => 'ID_EXISTS'),
      );
      const winner = results.findIndex((result) => result.status === 'fulfilled');
      expect((await doctors.get('same'))?.visits).toBe(winner);
    }));
});
