import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { crc32c } from "../../src/features/crc32c.ts";
import { eventFileHeader, scalarEvent } from "../../src/features/tensorboard.ts";

test("CRC-32C: the check value, and the examples of RFC 3720, appendix B.4", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

/** A reader of its own: records with their checksums, then protobuf's fields by number. */
function readRecords(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const unmask = (x: number): number => {
    const rotated = (x - 0xa282ead8) >>> 0;
    return ((rotated >>> 17) | (rotated << 15)) >>> 0;
  };
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(unmask(view.getUint32(at + 8, true))).toBe(crc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(unmask(view.getUint32(at + 12 + length, true))).toBe(crc32c(data));
    records.push(data);
    at += length + 16;
  }
  return records;
}

type Field = { field: number; value: number | Uint8Array };
function readFields(data: Uint8Array): Field[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (; ; scale *= 128) {
      const byte = data[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const field = key >> 3;
    if ((key & 7) === 0) fields.push({ field, value: varint() });
    else if ((key & 7) === 1) {
      fields.push({ field, value: view.getFloat64(at, true) });
      at += 8;
    } else if ((key & 7) === 5) {
      fields.push({ field, value: view.getFloat32(at, true) });
      at += 4;
    } else {
      const length = varint();
      fields.push({ field, value: data.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

const long = `nc1/${"a".repeat(300)}`;
const file = (): Buffer =>
  Buffer.concat([
    eventFileHeader(1.5e9),
    scalarEvent(10, 1.5e9 + 0.25, { objective: 1.25, nc1: null, [long]: -3.5 }),
    scalarEvent(300_000_000_000, 1.5e9 + 1, { objective: 0.5 }),
  ]);

test("an event file read by a reader of its own", () => {
  const text = (value: number | Uint8Array): string => new TextDecoder().decode(value as Uint8Array);
  const [header, first, second] = readRecords(file()).map(readFields);
  expect(header.map(({ field }) => field)).toEqual([1, 3]);
  expect(text(header[1].value)).toBe("brain.Event:2");
  expect(first.slice(0, 2)).toEqual([
    { field: 1, value: 1.5e9 + 0.25 },
    { field: 2, value: 10 },
  ]);
  expect(first.map(({ field }) => field)).toEqual([1, 2, 5]);
  const values = readFields(first[2].value as Uint8Array);
  expect(values.map(({ field }) => field)).toEqual([1, 1]);
  expect(
    values.map(({ value }) => {
      const [tag, simple, ...more] = readFields(value as Uint8Array);
      expect([tag.field, simple.field, more]).toEqual([1, 2, []]);
      return [text(tag.value), simple.value];
    }),
  ).toEqual([
    ["objective", 1.25],
    [long, -3.5],
  ]);
  expect(second[1].value).toBe(300_000_000_000);
});

test("whole numbers take as few bytes as they can: one up to 127, two up to 16383", () => {
  const [none, ...sizes] = [0, 127, 128, 16383, 16384].map((step) => scalarEvent(step, 0, {}).length);
  expect(sizes.map((size) => size - none)).toEqual([0, 1, 1, 2]);
});

test("TensorBoard's own reader, where Python has it", ({ skip }) => {
  const python = ["python3", "/usr/bin/python3"].find(
    (name) => spawnSync(name, ["-c", "import tensorboard.backend.event_processing.event_file_loader"]).status === 0,
  );
  skip(python === undefined, "no Python with tensorboard");
  const folder = mkdtempSync(join(tmpdir(), "nclab-events-"));
  try {
    const path = join(folder, "events.out.tfevents.1");
    writeFileSync(path, file());
    const script = `
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
a = EventAccumulator(${JSON.stringify(path)}); a.Reload()
print([(t, [(e.step, e.value) for e in a.Scalars(t)]) for t in sorted(a.Tags()["scalars"])])`;
    const { stdout, stderr, status } = spawnSync(python as string, ["-c", script], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("('objective', [(10, 1.25), (300000000000, 0.5)])");
    expect(stdout).toContain(`('${long}', [(10, -3.5)])`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
