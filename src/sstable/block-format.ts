/**
 * The layout of a block, on which builder and reader must agree.
 *
 * Owns: the header, the flags and the inline part of a key.
 *
 * Layout of a payload (little-endian; normative text and a worked example in docs/formats/table.md):
 *
 *      | entryCount u32 | prefixLength u32 | sequenceBase u64 | flags u32 |
 *      | hi: i32 x entryCount | record offsets: u16 or u32 x entryCount | common prefix | records |
 *
 *      record = | suffixLength varint | valueLength varint | [type u8] | [sequence - sequenceBase varint]
 *               | rest of the key | value |
 *
 * With HAS_EQUAL_RECORDS the lengths are stored once, where the offsets would be, and a record is found by its number:
 *
 *      | header | hi: i32 x entryCount | suffixLength u32 | valueLength u32 | common prefix | records |
 *
 *      record = | rest of the key | value |
 *
 * A key is common prefix, four inline bytes (`inlineKey`) and rest. Keys are sorted arrays of numbers to a search,
 * which touches a record only where two keys agree in all four bytes.
 *
 * Invariants:
 *   block-format/entries-ascend: entries ascend by user key, and within one key go from new to old.
 *   block-format/zero-padding: inline bytes past the end of a key are zero. `suffixLength` tells such a key from one
 *       with real zeros: `a` is not `a\0`.
 *   block-format/end-to-end: records lie end to end, in order, up to the end of the payload. A scan needs no offsets.
 *   block-format/equal-record-flags: HAS_EQUAL_RECORDS comes with HAS_ONE_SEQUENCE and HAS_VALUES_ONLY, and without
 *       HAS_WIDE_OFFSETS.
 */

export const BLOCK_HEADER_SIZE_BYTES = 20;
/** Both lengths of a block of equal records. */
export const RECORD_LENGTHS_SIZE_BYTES = 8;

/** Flags. Persisted. Never renumber; append only. */
/** Record offsets are u32; needed when one exceeds 65535. */
export const HAS_WIDE_OFFSETS = 1;
/** Every entry has the sequence `sequenceBase`; records carry none. */
export const HAS_ONE_SEQUENCE = 2;
/** Every entry is a VALUE; records carry no type. */
export const HAS_VALUES_ONLY = 4;
/** No two entries of the block share a user key. */
export const HAS_UNIQUE_KEYS = 8;
/** All suffixes are of one length, and all values: there are no offsets, and no lengths in the records. */
export const HAS_EQUAL_RECORDS = 16;
export const KNOWN_BLOCK_FLAGS = 31;
