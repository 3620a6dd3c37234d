import { runFfprobe } from './ffmpeg.ts';
import { HOSTILE_INPUT_OPTIONS, MAX_PICTURES } from './hostile-media.ts';
import type { FrameFacts, TimeShift } from './media-info.ts';
import { commonBreaks, PacketSpacing, type Breaks, type Gap } from './packet-spacing.ts';
import type { Scratch } from './scratch.ts';
import { straighten, StretchCollector, type Stretch } from './timeline.ts';

/** Seconds, for hours of packets. */
const SCAN_CPU_SECONDS = 30 * 60;
/** Reading every packet is bounded by the disk: a 20 GB master on a slow one takes minutes, on a busy one more. */
const SCAN_TIMEOUT_MS = 2 * 3600_000;
/** A disk that gives nothing for so long is broken; a file that gives nothing for so much computing leads the demuxer round in circles. */
const SCAN_SILENCE = { cpuSeconds: 60, timeoutMs: 10 * 60_000 };
/** A packet's line has six short columns. */
const MAX_LINE_BYTES = 100;
/** Packets of sound come twice as often as pictures. */
const MAX_PACKETS = 3 * MAX_PICTURES;

/** Which packets to read. */
export interface ScanWish {
  /** Stream index of the picture. */
  readonly picture: number | undefined;
  /** Stream indexes of the sound tracks. */
  readonly sound: readonly number[];
  /** The file's own zero, in seconds of its clock. */
  readonly origin: number;
}

/** Where a track stands on the file's clock, in seconds. */
export interface TrackExtent {
  readonly start: number;
  readonly end: number;
  /** False where packets stand beside their places again and again. */
  readonly hasSteadyClock: boolean;
}

/** What the packets of a file say. */
export interface PacketFacts {
  readonly frames: FrameFacts | undefined;
  /** Of each sound track, by stream index. */
  readonly sound: ReadonlyMap<number, TrackExtent>;
  readonly shifts: readonly TimeShift[];
  /** Where neither picture nor sound comes; none is told where the clock jumps, or of pictures without sound. */
  readonly breaks: Breaks;
  /** Bytes of all packets of the file, whatever track they are of. */
  readonly packetBytes: number;
}

/** Reads the times of all packets of picture and sound in one pass, and takes the jumps out of their clock. */
export async function scanPackets(
  scratch: Scratch,
  wish: ScanWish,
  signal: AbortSignal | undefined,
): Promise<PacketFacts> {
  const picture = wish.picture === undefined ? undefined : new PictureScan();
  const sound = new Map(wish.sound.map((index) => [index, new TrackScan()]));
  let packetBytes = 0;
  const onLine = (line: string): void => {
    const [stream = '', pts = '', dts = '', duration = '', size = '0', flags = ''] = line.split(',');
    // A packet's side data makes a line of its own, without a stream.
    const index = stream === '' ? Number.NaN : Number(stream);
    packetBytes += Number(size) || 0;
    const track = index === wish.picture ? picture : sound.get(index);
    track?.add({
      pts: seconds(pts, wish.origin),
      dts: seconds(dts, wish.origin),
      duration: Number(duration) || 0,
      sizeBytes: Number(size) || 0,
      isKey: flags.includes('K'),
      isDiscarded: flags.includes('D'),
    });
  };
  const entries = 'packet=stream_index,pts_time,dts_time,duration_time,size,flags';
  await runFfprobe(
    ['-v', 'error', ...HOSTILE_INPUT_OPTIONS, '-show_entries', entries, '-of', 'csv=p=0'],
    scratch,
    {
      cpuSeconds: SCAN_CPU_SECONDS,
      timeoutMs: SCAN_TIMEOUT_MS,
      silence: SCAN_SILENCE,
      maxBytes: MAX_PACKETS * MAX_LINE_BYTES,
      onLine,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  return { ...straightened(wish.picture, picture, sound), packetBytes };
}

function straightened(
  pictureIndex: number | undefined,
  picture: PictureScan | undefined,
  sound: ReadonlyMap<number, TrackScan>,
): Omit<PacketFacts, 'packetBytes'> {
  const all: readonly (readonly [number, TrackScan])[] = [
    ...(picture === undefined || pictureIndex === undefined ? [] : [[pictureIndex, picture] as const]),
    ...sound,
  ];
  const added = straighten(
    all.map(([, track]) => ({ isPicture: track === picture, stretches: track.stretches })),
  );
  const placed = all.map(([stream, track], place) => ({ stream, track, shifts: added[place] ?? [] }));
  // A picture alone may rightly stay.
  const mayTell = sound.size > 0 && added.flat().every((shift) => shift === 0);
  const needed = placed.filter(({ shifts }) => shifts.some((shift) => shift !== 0));
  return {
    frames: picture?.facts(placed[0]?.shifts ?? []),
    sound: new Map(
      placed
        .filter(({ track }) => track !== picture)
        .map(({ stream, track, shifts }) => [stream, track.extent(shifts)]),
    ),
    shifts: needed.flatMap(({ stream, track, shifts }) =>
      track.stretches.map(({ firstPacket }, place) => ({
        stream,
        fromPacket: firstPacket,
        seconds: shifts[place] ?? 0,
      })),
    ),
    breaks: commonBreaks(mayTell ? all.map(([, track]) => track.gaps) : []),
  };
}

interface Packet {
  readonly pts: number | undefined;
  readonly dts: number | undefined;
  readonly duration: number;
  readonly sizeBytes: number;
  readonly isKey: boolean;
  readonly isDiscarded: boolean;
}

class TrackScan {
  readonly #collector = new StretchCollector();
  readonly #spacing = new PacketSpacing();
  #lastDecodeTime = 0;
  #firstTime: number | undefined;

  get stretches(): readonly Stretch[] {
    return this.#collector.stretches;
  }

  add(packet: Packet): void {
    // Outside an edit list's parts: decoded and never shown, at times of its own.
    if (packet.isDiscarded) {
      this.#collector.skip();
      return;
    }
    this.#firstTime ??= packet.pts;
    // Where pictures come minutes apart, the first is decoded as many minutes before it is shown.
    const earliest = this.#firstTime ?? Number.NEGATIVE_INFINITY;
    const time = Math.max(packet.dts ?? packet.pts ?? this.#lastDecodeTime, earliest);
    this.#lastDecodeTime = time;
    this.#collector.add(time, packet.duration);
    this.#spacing.add(time, packet.duration);
  }

  get gaps(): readonly Gap[] {
    return this.#spacing.gaps;
  }

  /** When a packet is shown or heard. */
  protected timeOf(packet: Packet): number {
    return packet.pts ?? this.#lastDecodeTime;
  }

  extent(shifts: readonly number[]): TrackExtent {
    const moved = this.stretches.map((stretch, place) => ({
      start: stretch.start + (shifts[place] ?? 0),
      end: stretch.end + (shifts[place] ?? 0),
    }));
    const start = Math.max(0, Math.min(...moved.map((stretch) => stretch.start)));
    const end = Math.max(0, ...moved.map((stretch) => stretch.end));
    return { start, end, hasSteadyClock: this.#spacing.isSteady(end - start) };
  }
}

class PictureScan extends TrackScan {
  readonly #times: number[] = [];
  readonly #places: number[] = [];
  readonly #durations: number[] = [];
  readonly #keys: number[] = [];
  #sizeBytes = 0;

  override add(packet: Packet): void {
    super.add(packet);
    if (packet.isDiscarded) return;
    if (packet.isKey) this.#keys.push(this.#times.length);
    this.#times.push(this.timeOf(packet));
    this.#places.push(this.stretches.length - 1);
    this.#sizeBytes += packet.sizeBytes;
    this.#durations.push(packet.duration);
  }

  /** A clock that jumped has spoilt the rate that a container declares, and with it the durations that follow from the rate. */
  #areDurationsTrue(typicalGap: number): boolean {
    const others = this.#durations.slice(0, -1);
    const sum = others.reduce((total, duration) => total + duration, 0);
    return sum <= others.length * typicalGap * MOST_OVERLAP;
  }

  facts(shifts: readonly number[]): FrameFacts {
    const moved = this.#times.map((time, number) => time + (shifts[this.#places[number] ?? 0] ?? 0));
    const keyTimes = this.#keys.map((number) => moved[number] ?? 0).toSorted((a, b) => a - b);
    const times = moved.toSorted((a, b) => a - b);
    const start = times[0] ?? 0;
    const last = times.at(-1) ?? 0;
    const typicalGap = times.length > 1 ? (last - start) / (times.length - 1) : 0.04;
    const told = this.#durations[moved.lastIndexOf(last)] ?? 0;
    const lastDuration = this.#areDurationsTrue(typicalGap) ? told : 0;
    return {
      count: times.length,
      start: Math.max(0, start),
      end: last + Math.max(typicalGap, lastDuration),
      isConstantRate: isConstant(times, typicalGap),
      averageRate: typicalGap > 0 ? 1 / typicalGap : 0,
      keyTimes,
      sizeBytes: this.#sizeBytes,
    };
  }
}

/** Declared durations that are longer on average than the pictures come apart by so much are none. */
const MOST_OVERLAP = 3;

/** Constant means: no picture is further than 1.5 ms from its place on the grid; containers round to milliseconds. */
function isConstant(times: readonly number[], gap: number): boolean {
  const first = times[0] ?? 0;
  return times.every((time, position) => Math.abs(time - (first + position * gap)) < 0.0015);
}

function seconds(text: string, origin: number): number | undefined {
  const time = Number(text);
  return text === '' || Number.isNaN(time) ? undefined : time - origin;
}
