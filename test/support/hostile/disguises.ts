import { gzipSync } from 'node:zlib';

import { join, u16le, u32le, u8, zeros } from './bytes.ts';
import type { HostileFile } from './hostile-file.ts';
import { box } from './iso-boxes.ts';
import { avi, jpegsOf } from './riff.ts';

const hls = (...lines: readonly string[]): string =>
  ['#EXTM3U', '#EXT-X-TARGETDURATION:2', ...lines, '#EXT-X-ENDLIST', ''].join('\n');
const segment = (uri: string): string => hls('#EXTINF:2,', uri);
const REFUSED = ['refused-format', 'not-media'] as const;

/** Playlists and scripts under the name of a lecture, and inside of one. */
export const SCRIPTS: readonly HostileFile[] = [
  {
    name: 'password-list.mp4',
    tries: 'a playlist that names /etc/passwd',
    make: () => segment('file:///etc/passwd'),
    outcome: REFUSED,
  },
  {
    name: 'intranet.mp4',
    tries: 'a playlist that names an address of the intranet',
    make: ({ url }) => segment(`${url}/segment.ts`),
    outcome: REFUSED,
  },
  {
    name: 'cloud-metadata.mp4',
    tries: 'a playlist whose key and init segment are addresses',
    make: ({ url }) =>
      hls(
        `#EXT-X-KEY:METHOD=AES-128,URI="${url}/key"`,
        `#EXT-X-MAP:URI="${url}/init"`,
        '#EXTINF:2,',
        'http://169.254.169.254/latest/meta-data/',
      ),
    outcome: REFUSED,
  },
  {
    name: 'variants.mp4',
    tries: 'a playlist of playlists',
    make: ({ url }) => `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${url}/variant.m3u8\n`,
    outcome: REFUSED,
  },
  {
    name: 'relative-neighbour.mp4',
    tries: 'a playlist that names the lecture beside it',
    make: () => segment('neighbour.ts'),
    outcome: REFUSED,
  },
  {
    name: 'absolute-neighbour.mp4',
    tries: 'a playlist that names somebody else’s lecture by its path',
    make: ({ neighbour }) => segment(neighbour),
    outcome: REFUSED,
  },
  {
    name: 'hidden-playlist.mp4',
    tries: 'a playlist behind a byte order mark',
    make: ({ url }) => `\ufeff${segment(`${url}/segment.ts`)}`,
    outcome: REFUSED,
  },
  {
    name: 'concat-relative.mp4',
    tries: 'a concat script that names the lecture beside it',
    make: () => 'ffconcat version 1.0\nfile neighbour.ts\n',
    outcome: REFUSED,
  },
  {
    name: 'concat-absolute.mp4',
    tries: 'a concat script that names a path',
    make: ({ neighbour }) => `ffconcat version 1.0\nfile '${neighbour}'\n`,
    outcome: REFUSED,
  },
  {
    name: 'concat-address.mp4',
    tries: 'a concat script that names an address',
    make: ({ url }) => `ffconcat version 1.0\nfile '${url}/a.mp4'\noption safe 0\n`,
    outcome: REFUSED,
  },
  {
    name: 'dash.mp4',
    tries: 'a DASH manifest that names an address',
    make: ({ url }) =>
      `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>${url}/</BaseURL><SegmentList><Initialization sourceURL="i"/><SegmentURL media="1"/></SegmentList></Representation></AdaptationSet></Period></MPD>`,
    outcome: REFUSED,
  },
  {
    name: 'session.mp4',
    tries: 'a session description that asks for a broadcast',
    make: ({ port }) =>
      `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${port} RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
    outcome: REFUSED,
  },
  {
    name: 'composition.mp4',
    tries: 'a composition of a cinema package that names files beside it',
    make: () =>
      '<?xml version="1.0" encoding="UTF-8"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><Id>urn:uuid:8713c020-2489-45f5-a9f7-87be539e20b5</Id><ContentTitle>x</ContentTitle><EditRate>25 1</EditRate><SegmentList/></CompositionPlaylist>',
    outcome: REFUSED,
  },
  {
    name: 'asx.wmv',
    tries: 'a Windows Media redirector',
    make: ({ url }) => `<asx version="3.0"><entry><ref href="${url}/a.wmv"/></entry></asx>`,
    outcome: REFUSED,
  },
  {
    name: 'pointer.rmvb',
    tries: 'a RealMedia pointer',
    make: ({ port }) => `rtsp://127.0.0.1:${port}/lecture.rm\n`,
    outcome: REFUSED,
  },
  {
    name: 'subtitles.avi',
    tries: 'an AVI whose subtitles are a playlist that names /etc/passwd',
    make: ({ clips }) => {
      const playlist = segment('file:///etc/passwd');
      const text = join('GAB2\0', u16le(2), u32le(0), u16le(4), u32le(playlist.length), playlist);
      return avi({ jpegs: jpegsOf(clips['clip.avi']), texts: [text] });
    },
    outcome: 'made',
  },
  {
    name: 'two-faced.mp4',
    tries: 'an MP4 that carries a playlist in its padding',
    make: ({ clips, url }) => {
      const clip = clips['silent.mp4'];
      // Behind the index, so that nothing it points to moves.
      return join(clip, box('free', segment(`${url}/segment.ts`)));
    },
    outcome: 'accepted',
  },
];

/** Documents, programs and archives under the name of a lecture, and lectures under odd names. */
export const DISGUISES: readonly HostileFile[] = [
  {
    name: 'plain-text.mp4',
    tries: 'a text, which could be drawn as a terminal’s screen',
    make: () => '这不是视频，只是一段文字。\n'.repeat(500),
    outcome: REFUSED,
  },
  {
    name: 'page.mp4',
    tries: 'a web page',
    make: ({ url }) => `<!doctype html><html><body><video src="${url}/a.mp4"></video></body></html>`,
    outcome: REFUSED,
  },
  {
    name: 'drawing.mp4',
    tries: 'an SVG drawing that includes a file',
    // The G is the byte by which an MPEG-TS is known.
    make: ({ secret }) =>
      `<?xml version="1.0"?><svg id="G" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64"><image xlink:href="file://${secret}" width="64" height="64"/></svg>`,
    outcome: REFUSED,
  },
  {
    name: 'printer.mp4',
    tries: 'a PostScript program that reads a file',
    make: ({ secret }) => `%!PS-Adobe-3.0\n(${secret}) (r) file 256 string readstring pop show\nshowpage\n`,
    outcome: REFUSED,
  },
  {
    name: 'document.mp4',
    tries: 'a PDF document',
    make: () => `%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n${'x'.repeat(4000)}\n%%EOF\n`,
    outcome: REFUSED,
  },
  {
    name: 'bitmap.mp4',
    tries: 'an XBM bitmap, which is C source',
    make: () =>
      `#define a_width 65535\n#define a_height 65535\nstatic char a_bits[] = {${'0xff,'.repeat(500)}};\n`,
    outcome: REFUSED,
  },
  {
    name: 'frame-%03d.png',
    tries: 'a name that reads as a numbered row of pictures',
    make: () =>
      join(
        Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
        Buffer.from('00004e2000004e20', 'hex'),
        zeros(64),
      ),
    outcome: REFUSED,
  },
  {
    name: 'slides.mp4',
    tries: 'a zip archive, as office documents are',
    make: () => join('PK\x03\x04', u16le(20), zeros(20), u16le(8), u16le(0), 'word.xml', zeros(600)),
    outcome: REFUSED,
  },
  {
    name: 'packed-zeros.mp4',
    tries: 'a gzip bomb',
    make: () => gzipSync(zeros(20_000_000), { level: 1 }),
    outcome: REFUSED,
  },
  {
    name: 'archive.mp4',
    tries: 'a RAR archive',
    make: () => join('Rar!\x1a\x07\x01\x00', zeros(600)),
    outcome: REFUSED,
  },
  {
    name: 'setup.mp4',
    tries: 'a Windows program',
    make: () => join('MZ', u8(0x90, 0), zeros(56), u32le(0x80), zeros(64), 'PE\0\0', zeros(600)),
    outcome: REFUSED,
  },
  {
    name: 'cue-list.mp4',
    tries: 'subtitles',
    make: () =>
      Array.from(
        { length: 3000 },
        (_, cue) => `${cue + 1}\n00:00:00,000 --> 23:59:59,999\n<i>${'<b>'.repeat(20)}词\n\n`,
      ).join(''),
    outcome: REFUSED,
  },
  ...['-i.mp4', 'concat:a.mp4|b.mp4'].map((name): HostileFile => ({
    name,
    tries: `a lecture that is named ${name}`,
    make: ({ clips }) => clips['silent.mp4'],
    outcome: 'accepted',
  })),
];
