import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { expect } from 'chai';
import { openStore } from 'yuanjiao/storage';
import {
  chooseEncoder,
  DEFAULT_LADDER_OPTIONS,
  generationId,
  MemoryJobStore,
  prepareJob,
  TranscodeWorker,
  type JobFailure,
} from 'yuanjiao/transcoder';

import { PLAIN_COLOR } from '../../transcoder/color-plan.ts';
import { spanTask } from '../../transcoder/encode-args.ts';
import { HARDWARE_PROFILES, pictureEncoder, type EncoderProfile } from '../../transcoder/encoder-profile.ts';
import { tryEncoder } from '../../transcoder/encoder-trial.ts';
import type { VideoPlan } from '../../transcoder/generation-plan.ts';
import { pictureGraph } from '../../transcoder/picture-graph.ts';
import { ffmpeg, picture, QUICK_H264, testFolder } from '../support/media.ts';

/** A plan of two sizes, one half of the other, that are encoded, and one that is copied. */
function plan(encoder: EncoderProfile): VideoPlan {
  const rendition = { rateFactor: 23, bufferSeconds: 2, isCopied: false };
  return {
    streamIndex: 0,
    grid: { rate: { numerator: 25, denominator: 1 }, segmentFrames: 150, frameCount: 3000 },
    fieldOrder: 'progressive',
    isTurned: false,
    color: PLAIN_COLOR,
    pictureEnd: 120,
    still: undefined,
    encoder,
    profile: 'camera',
    renditions: [
      { ...rendition, name: '360p', width: 640, height: 360, maxBitrate: 450_000 },
      { ...rendition, name: '480p', width: 854, height: 480, maxBitrate: 800_000 },
      { ...rendition, name: '720p', width: 1280, height: 720, maxBitrate: 1_600_000 },
    ],
    spans: [{ index: 0, firstSegment: 0, segmentCount: 20 }],
  };
}

function taskOf(encoder: EncoderProfile) {
  const video = plan(encoder);
  const [span] = video.spans;
  if (span === undefined) throw new Error('the plan has no span');
  return spanTask(video, span, 1);
}

/** The value behind an option of the first output. */
function option(encoder: EncoderProfile, name: string): string | undefined {
  const words = taskOf(encoder).outputs[0]?.options ?? [];
  return words[words.indexOf(name) + 1];
}

describe('Encoder profiles', () => {
  const ENCODERS = { x264: 'libx264', vaapi: 'h264_vaapi', nvenc: 'h264_nvenc', qsv: 'h264_qsv' } as const;

  for (const profile of ['x264', ...HARDWARE_PROFILES] as const) {
    describe(profile, () => {
      it('encodes every size in H.264 High, one closed group of pictures a segment', () => {
        const { outputs } = taskOf(profile);
        expect(outputs.map(({ name }) => name)).to.deep.equal(['360p.mp4', '480p.mp4', '720p.mp4']);
        expect(option(profile, '-c:v')).to.equal(ENCODERS[profile]);
        expect(option(profile, '-profile:v')).to.equal('high');
        expect(option(profile, '-g')).to.equal('150');
      });

      it('keeps to the cap of each size', () => {
        const caps = taskOf(profile).outputs.map(({ options }) => options[options.indexOf('-maxrate') + 1]);
        expect(caps).to.deep.equal(['450000', '800000', '1600000']);
      });

      it('decodes the source once and scales the smaller sizes from the largest', () => {
        const graph = option(profile, '-filter_complex') ?? '';
        expect(graph.match(/\[0:0\]/g)).to.have.length(1);
        expect(graph).to.match(
          /\[to-720p\]zscale=w=1280:h=720:[^;]*,split=3\[(own-)?720p\]\[to-480p\]\[to-360p\]/,
        );
        for (const name of ['360p', '480p', '720p']) expect(graph).to.contain(`[${name}]`);
      });
    });
  }

  it('converts an unusual source while it scales it, and once', () => {
    const video = plan('x264');
    const color = { ...PLAIN_COLOR, isKept: false, scaling: ':out_range=tv' };
    const [span = { index: 0, firstSegment: 0, segmentCount: 1 }] = video.spans;
    const graph = pictureGraph({ ...video, color }, span);
    expect(graph).to.match(/\[to-720p\]scale=1280:720:flags=lanczos:out_range=tv,/);
    expect(graph.match(/\[to-(480|360)p\]zscale=/g)).to.have.length(2);
  });

  it('hands pictures over to the chip behind the scaling and not before', () => {
    for (const profile of ['vaapi', 'qsv'] as const) {
      const chains = (option(profile, '-filter_complex') ?? '')
        .split(';')
        .filter((chain) => chain.includes('hwupload'));
      expect(chains, profile).to.have.length(3);
      for (const chain of chains) expect(chain).to.match(/format=nv12,hwupload[^,]*\[(360|480|720)p\]$/);
    }
    for (const profile of ['x264', 'nvenc'] as const) {
      expect(option(profile, '-filter_complex'), profile).not.to.contain('hwupload');
    }
  });

  it('forces an IDR picture at every segment where the chip counts', () => {
    for (const profile of HARDWARE_PROFILES) {
      expect(option(profile, '-force_key_frames'), profile).to.equal('expr:eq(mod(n,150),0)');
    }
    expect(option('nvenc', '-forced-idr')).to.equal('1');
    expect(option('nvenc', '-no-scenecut')).to.equal('1');
    expect(option('qsv', '-forced_idr')).to.equal('1');
    expect(option('vaapi', '-idr_interval')).to.equal('0');
    expect(option('x264', '-sc_threshold')).to.equal('0');
  });

  it('opens the chip before the source, and only for who needs it', () => {
    for (const profile of ['vaapi', 'qsv'] as const) {
      expect(taskOf(profile).inputOptions.slice(0, 2).join(' ')).to.match(/^-init_hw_device (vaapi|qsv)=/);
    }
    expect(taskOf('x264').inputOptions).not.to.include('-init_hw_device');
    expect(taskOf('x264').needsGraphicsChip).to.equal(false);
    for (const profile of HARDWARE_PROFILES) expect(taskOf(profile).needsGraphicsChip).to.equal(true);
  });

  it('uses options that the installed ffmpeg has', () => {
    const common =
      /^-(c:v|profile:v|g|keyint_min|sc_threshold|bf|b:v|maxrate|bufsize|global_quality|threads|force_key_frames)$/;
    for (const profile of ['x264', ...HARDWARE_PROFILES] as const) {
      const encoding = {
        segmentFrames: 150,
        rateFactor: 23,
        maxBitrate: 800_000,
        bufferSeconds: 2,
        threads: 1,
      };
      const names = pictureEncoder(profile, encoding).filter(
        (word, place) => place % 2 === 0 && !common.test(word),
      );
      const help = execFileSync('ffmpeg', ['-hide_banner', '-h', `encoder=${ENCODERS[profile]}`], {
        encoding: 'utf8',
      });
      const missing = names.filter((name) => !new RegExp(`^ +${name} `, 'm').test(help));
      expect(missing, profile).to.deep.equal([]);
    }
  });

  it('limits the computing time and the size of a span by its length', () => {
    const { limits } = taskOf('x264');
    expect(limits?.cpuSeconds).to.be.within(120, 3 * 3600);
    // 120 s at 1.6 Mbit/s are 24 MB.
    expect(limits?.outputBytes).to.be.within(24e6, 120e6);
  });
});

describe('The trial of an encoder', function () {
  it('finds x264 fit, by the same proof as every other', async () => {
    expect(await tryEncoder('x264')).to.equal(undefined);
  });

  it('is not made where x264 is wanted', async () => {
    expect(await chooseEncoder('x264')).to.deep.equal({ wish: 'x264', profile: 'x264', refusals: [] });
  });

  it('tells what ffmpeg says of each chip that is not there, and falls back to x264', async function () {
    if (existsSync('/dev/dri') || existsSync('/dev/nvidia0')) this.skip();
    const choice = await chooseEncoder('auto');
    expect(choice.profile).to.equal('x264');
    expect(choice.refusals.map(({ profile }) => profile)).to.deep.equal([...HARDWARE_PROFILES]);
    for (const { profile, why } of choice.refusals) expect(why, profile).to.match(/\w{3}/);
  });
});

describe('A lecture that was begun in hardware', function () {
  it('is not gone on with by a worker that lacks it', async () => {
    const folder = await testFolder();
    await ffmpeg(...picture('320x180', '25', 1), ...QUICK_H264, folder.join('clip.mp4'));
    const jobs = new MemoryJobStore();
    const store = await openStore(`folder:${folder.join('objects')}`);
    const options = {
      jobs,
      store,
      scratchDir: folder.join('scratch'),
      localSource: () => folder.join('clip.mp4'),
      concurrency: 1,
      pollMs: 20,
    };
    const generation = generationId('hardware');
    await jobs.enqueue([
      prepareJob(generation, { sourceKey: 'source', sourceName: 'clip.mp4', ladder: DEFAULT_LADDER_OPTIONS }),
    ]);
    const planner = new TranscodeWorker({ ...options, encoder: 'vaapi', maxJobs: 1 });
    planner.start();
    await planner.ended();
    await planner.stop();
    const failure = await new Promise<JobFailure>((resolve) => {
      const worker = new TranscodeWorker({
        ...options,
        onEvent: (event) => {
          if (event.kind === 'failed') void worker.stop().then(() => resolve(event.failure));
        },
      });
      worker.start();
    });
    expect(failure.code).to.equal('encoder-missing');
    expect(failure.message).to.include('vaapi').and.include('YUANJIAO_ENCODER');
    const span = (await jobs.list(generation)).find(({ kind }) => kind === 'span');
    expect(span?.state).to.equal('queued');
    await store.close();
    await folder.remove();
  });
});
