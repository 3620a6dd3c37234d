import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FOLDER = resolve('.cache/bench');
/** A longer lecture repeats so many seconds, because making it takes longer than measuring on it. */
const LOOPED_SECONDS = 120;

/** A lecture of slides with a speaker in the corner, 1080p25: what a recording program makes. Made once and kept. */
export function slideLecture(seconds: number): string {
  if (seconds > LOOPED_SECONDS) return repeat(slideLecture(LOOPED_SECONDS), `slides-${seconds}.mp4`, seconds);
  const lines = [
    '杨梅嫁接的四个步骤',
    '一、选砧木：两年生实生苗',
    '二、削接穗：斜面三厘米',
    '三、对准形成层，绑紧',
    '四、套袋保湿，四十天解绑',
  ];
  const text = lines
    .map(
      (line, row) =>
        `drawtext=font='Noto Sans CJK SC':text='${line} %{eif\\:floor(t/10)\\:d}':x=120:y=${160 + row * 130}:fontsize=64:fontcolor=0x203040:enable='gte(mod(t\\,50)\\,${row * 10})'`,
    )
    .join(',');
  const slide = `color=c=0xf4f1e8:s=1920x1080:r=25,drawbox=x=80:y=100:w=1300:h=6:color=0x7a2018:t=fill,${text}`;
  // A face is smooth, sways a little and is noisy all the time.
  const speaker = 'gradients=s=480x270:r=25:n=4:speed=0.02,noise=alls=7:allf=t,eq=saturation=0.4';
  return make(`slides-${seconds}.mp4`, seconds, `[0:v][1:v]overlay=1400:770`, [slide, speaker], 23);
}

/** A hand-held camera in an orchard: texture everywhere, movement, sensor noise in every picture. */
export function cameraLecture(seconds: number): string {
  const scene = 'gradients=s=2200x1300:r=25:n=8:speed=0.01,noise=alls=30:allf=u';
  return make(
    `camera-${seconds}.mp4`,
    seconds,
    `[0:v]crop=1920:1080:x='140+100*sin(t/2)':y='110+80*cos(t/3)',noise=alls=9:allf=t`,
    [scene],
    20,
  );
}

function make(
  name: string,
  seconds: number,
  graph: string,
  pictures: readonly string[],
  rateFactor: number,
): string {
  const path = join(FOLDER, name);
  if (existsSync(path)) return path;
  mkdirSync(FOLDER, { recursive: true });
  const unfinished = `${path}.part`;
  const inputs = pictures.flatMap((picture) => ['-f', 'lavfi', '-i', picture]);
  const voice = 'aevalsrc=0.3*sin(2*PI*(180+40*sin(3*t))*t)*(0.6+0.4*sin(9*t)):s=44100';
  execFileSync('ffmpeg', [
    ...['-v', 'error', '-y', ...inputs, '-f', 'lavfi', '-i', voice, '-filter_complex', `${graph}[v]`],
    ...['-map', '[v]', '-map', `${pictures.length}:a`, '-t', String(seconds)],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'superfast',
      '-crf',
      String(rateFactor),
      '-g',
      '250',
      '-pix_fmt',
      'yuv420p',
    ],
    ...['-c:a', 'aac', '-b:a', '160k', '-ac', '2', '-f', 'mp4', '-movflags', '+faststart', unfinished],
  ]);
  renameSync(unfinished, path);
  return path;
}

function repeat(clip: string, name: string, seconds: number): string {
  const path = join(FOLDER, name);
  if (existsSync(path)) return path;
  const unfinished = `${path}.part`;
  const words = [
    '-v',
    'error',
    '-y',
    '-stream_loop',
    '-1',
    '-i',
    clip,
    '-t',
    String(seconds),
    '-c',
    'copy',
    '-f',
    'mp4',
  ];
  execFileSync('ffmpeg', [...words, unfinished]);
  renameSync(unfinished, path);
  return path;
}
