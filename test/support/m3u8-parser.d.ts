declare module 'm3u8-parser' {
  export interface ParsedSegment {
    readonly uri: string;
    readonly duration: number;
    /** Counts discontinuities from the beginning of the class. */
    readonly timeline: number;
    readonly discontinuity?: boolean;
    readonly dateTimeString?: string;
    readonly map?: { readonly uri: string };
    readonly parts?: readonly { readonly uri: string; readonly duration: number }[];
  }

  export interface ParsedManifest {
    readonly segments: readonly ParsedSegment[];
    readonly mediaSequence: number;
    readonly discontinuitySequence: number;
    readonly targetDuration: number;
    readonly endList?: boolean;
    readonly skip?: { readonly skippedSegments: number };
    readonly preloadSegment?: { readonly parts?: readonly { readonly uri: string }[] };
    readonly playlists?: readonly { readonly uri: string }[];
  }

  export class Parser {
    readonly manifest: ParsedManifest;
    on(event: 'warn', listener: (warning: { readonly message: string }) => void): void;
    push(text: string): void;
    end(): void;
  }
}
