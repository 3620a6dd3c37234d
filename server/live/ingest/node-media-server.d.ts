// What the door uses of node-media-server 4.4.3, which declares no types.

declare module 'node-media-server/src/core/logger.js' {
  const logger: { log(message: string, level?: string): void };
  export = logger;
}

declare module 'node-media-server/src/protocol/amf.js' {
  const amf: {
    decodeAmf0Data(bytes: Buffer): { readonly cmd?: unknown; readonly dataObj?: unknown };
  };
  export = amf;
}

declare module 'node-media-server/src/protocol/rtmp.js' {
  namespace Rtmp {
    interface Invocation {
      readonly cmd?: unknown;
      readonly transId?: unknown;
      readonly cmdObj?: unknown;
      readonly streamName?: unknown;
    }

    interface ChunkStream {
      readonly header: { readonly length: number; readonly stream_id: number };
      readonly capacity: number;
    }

    interface MediaPacket {
      /** The type of the RTMP message. */
      readonly codec_type: number;
      readonly dts: number;
      readonly size: number;
      /** The parser's own buffer: the next message overwrites it, and it may be longer than `size`. */
      readonly data: Buffer;
    }
  }

  /** The server's side of one connection; what a property holds is called back. */
  class Rtmp {
    onOutputCallback: (bytes: Buffer) => void;
    onPacketCallback: (packet: Rtmp.MediaPacket) => void;

    parserPacket: Rtmp.ChunkStream;
    readonly inPackets: ReadonlyMap<number, Rtmp.ChunkStream>;
    inChunkSize: number;
    /** What the peer wants acknowledged; absent before it says so. */
    ackSize?: number;
    streamApp?: unknown;
    streamId: number;
    /** A reader of FLV files with a megabyte of buffer, which the server's side never uses. */
    flv: unknown;

    parserData(bytes: Buffer): string | null;
    packetAlloc(): void;
    controlHandler(): void;
    onConnect(invocation: Rtmp.Invocation): void;
    onPublish(invocation: Rtmp.Invocation): void;
    onPlay(invocation: Rtmp.Invocation): void;
    onDeleteStream(invocation: Rtmp.Invocation): void;
    sendACK(bytes: number): void;
    sendStatusMessage(streamId: number, level: 'status' | 'error', code: string, description: string): void;
  }
  export = Rtmp;
}
