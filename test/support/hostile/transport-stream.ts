import { join, u8, u16, u32 } from './bytes.ts';

/** The checksum of tables in a transport stream (ISO/IEC 13818-1 annex A). */
function crc(bytes: Buffer): Buffer {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value = (value ^ (byte << 24)) >>> 0;
    for (let bit = 0; bit < 8; bit++) value = ((value << 1) ^ (value >= 0x80000000 ? 0x04c11db7 : 0)) >>> 0;
  }
  return u32(value);
}

function section(table: number, id: number, body: Buffer): Buffer {
  const head = join(u8(table), u16(0xb000 | (body.length + 9)), u16(id), u8(0xc1, 0, 0));
  const content = join(head, body);
  return join(content, crc(content));
}

/** A section cut into packets of 188 bytes. */
function packets(pid: number, content: Buffer): Buffer {
  const pointed = join(u8(0), content);
  const cut: Buffer[] = [];
  for (let at = 0; at < pointed.length; at += 184) {
    const piece = pointed.subarray(at, at + 184);
    const start = at === 0 ? 0x4000 : 0;
    cut.push(
      join(
        u8(0x47),
        u16(start | pid),
        u8(0x10 | (cut.length & 15)),
        piece,
        Buffer.alloc(184 - piece.length, 0xff),
      ),
    );
  }
  return join(...cut);
}

/** A transport stream with so many programmes of 180 picture streams each, and nothing in any of them. */
export function crowdedTransportStream(programmes: number): Buffer {
  const maps = Array.from({ length: programmes }, (_, index) => 0x20 + index);
  const association = maps.map((pid, index) => join(u16(index + 1), u16(0xe000 | pid)));
  const tables = maps.map((pid, index) => {
    const streams = Array.from({ length: 180 }, (_, place) =>
      join(u8(0x1b), u16(0xe000 | ((0x100 + index * 180 + place) & 0x1fff)), u16(0xf000)),
    );
    return packets(pid, section(2, index + 1, join(u16(0xe100), u16(0xf000), ...streams)));
  });
  return join(packets(0, section(0, 1, join(...association))), ...tables);
}
