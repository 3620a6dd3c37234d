import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { startIngest, type HeardSession, type IngestPlace } from '../../../support/ingest-place.ts';
import { ffmpeg, picture, QUICK_H264, testFolder, tone, type TestFolder } from '../../../support/media.ts';
import { programOnPath } from '../../../support/machine.ts';
import { RawEncoder } from '../../../support/raw-encoder.ts';
import { selfSigned } from '../../../support/self-signed.ts';
import { until } from '../../../support/until.ts';

const run = promisify(execFile);

/** Every tag of an FLV file: its type, time and body (Adobe's FLV specification 10.1, annex E.3). */
function tagsOfFile(
  bytes: Buffer,
): readonly { readonly type: number; readonly time: number; readonly body: Buffer }[] {
  const tags = [];
  for (let at = 13; at < bytes.length;) {
    const size = bytes.readUIntBE(at + 1, 3);
    const time = bytes.readUIntBE(at + 4, 3) + (bytes[at + 7] ?? 0) * 2 ** 24;
    tags.push({ type: bytes[at] ?? 0, time, body: bytes.subarray(at + 11, at + 11 + size) });
    at += 11 + size + 4;
  }
  return tags;
}

/** Publishes a file as it is; resolves with what ffmpeg complained of. */
async function publishFile(path: string, address: string): Promise<string> {
  const words = ['-v', 'error', '-nostdin', '-i', path, '-c', 'copy', '-f', 'flv', address];
  try {
    return (await run('ffmpeg', words)).stderr;
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

const media = (heard: HeardSession) => heard.tags.filter(({ kind }) => kind !== 'data');

describe('a live ingest', () => {
  let folder: TestFolder;
  let lecture: string;
  let place: IngestPlace;

  before(async () => {
    folder = await testFolder();
    lecture = folder.join('lecture.flv');
    await selfSigned(folder.join('key.pem'), folder.join('cert.pem'));
    const words = [...picture('320x180', '25', 4), ...tone(4), ...QUICK_H264, '-c:a', 'aac'];
    await ffmpeg(...words, '-f', 'flv', lecture);
    place = await startIngest({
      tls: { port: 0, keyFile: folder.join('key.pem'), certFile: folder.join('cert.pem') },
      // Nobody is dropped for what a loaded machine makes of him; who is to be dropped has a place of his own.
      limits: { idleMs: 60_000, takeoverAfterMs: 250, sweepMs: 50, lingerMs: 200, publishWithinMs: 60_000 },
      timing: { certificateCheckMs: 50, beatMs: 50 },
    });
  });

  after(async () => {
    await place.stop();
    await folder.remove();
  });

  for (const scheme of ['rtmp', 'rtmps'] as const) {
    it(`hands on what an encoder sends over ${scheme}, every byte and every time`, async () => {
      const key = place.issue(`class-${scheme}`);
      const { tlsPort } = place.ingest.address ?? {};
      const port = scheme === 'rtmp' ? place.port : tlsPort;
      expect(await publishFile(lecture, `${scheme}://127.0.0.1:${port}/live/${key}`)).to.equal('');

      const heard = await place.sessionOf(`class-${scheme}`);
      await until('the end', () => heard.gone);
      expect(heard.gone).to.equal('ended');
      expect(heard.session).to.include({ role: 'main', address: '127.0.0.1' });
      expect(heard.session.encoder).to.match(/^Lavf/);

      const sent = tagsOfFile(await readFile(lecture)).filter(({ type }) => type !== 18);
      const shape = (tags: readonly { readonly body: Buffer }[], times: readonly number[]) =>
        tags.map(({ body }, index) => `${times[index]} ${body.toString('base64')}`);
      for (const [kind, type] of [
        ['video', 9],
        ['audio', 8],
      ] as const) {
        const came = heard.tags.filter((tag) => tag.kind === kind);
        const went = sent.filter((tag) => tag.type === type);
        expect(
          shape(
            came,
            came.map(({ timestampMs }) => timestampMs),
          ),
        ).to.deep.equal(
          shape(
            went,
            went.map(({ time }) => time),
          ),
        );
      }
      const metadata = heard.tags.find((tag) => tag.kind === 'data');
      expect(metadata?.body.toString('latin1', 3, 13)).to.equal('onMetaData');
    });
  }

  for (const [sink, whose] of [
    ['rtmpsink', 'librtmp, from which that of OBS was made'],
    ['rtmp2sink', 'GStreamer’s own'],
  ] as const) {
    it(`understands another sender of RTMP: ${whose}`, async () => {
      const send = async (key: string): Promise<string> => {
        const address = `rtmp://127.0.0.1:${place.port}/live/${key}`;
        const [there, back] = [
          'flvdemux name=in in.video ! queue ! h264parse',
          'in.audio ! queue ! aacparse',
        ];
        const words = `-q filesrc location=${lecture} ! ${there} ! flvmux name=out streamable=true ! ${sink} sync=false location=${address} ${back} ! out.`;
        const ended = await run(programOnPath('gst-launch-1.0'), words.split(' ')).catch(
          (error: unknown) => error,
        );
        return ended instanceof Error ? ended.message : '';
      };
      const key = place.issue(sink);
      expect(await send(key)).to.equal('');
      const heard = await place.sessionOf(sink);
      await until('the end', () => heard.gone);
      expect(heard.gone).to.equal('ended');
      const sent = tagsOfFile(await readFile(lecture)).filter(({ type }) => type === 9);
      const pictures = heard.tags.filter(({ kind }) => kind === 'video');
      // The configuration and the end of the stream are the muxer's to repeat or leave out.
      const isPicture = ({ body }: { readonly body: Buffer }) => body[1] === 1;
      expect(pictures.filter(isPicture)).to.have.length(sent.filter(isPicture).length);
      expect(await send('q'.repeat(26))).to.match(/BadName|Could not connect/);
    });
  }

  it('takes HEVC by enhanced RTMP as it comes', async () => {
    const { encoder, code } = await RawEncoder.publish(place.port, place.issue('hevc'));
    expect(code).to.equal('NetStream.Publish.Start');
    // Enhanced RTMP v1: IsExHeader, key frame, packet type, four-character code.
    const start = Buffer.concat([Buffer.from([0x90]), Buffer.from('hvc1'), Buffer.alloc(40, 1)]);
    const frame = Buffer.concat([Buffer.from([0x91]), Buffer.from('hvc1'), Buffer.alloc(900, 2)]);
    encoder.video(0, start);
    encoder.video(40, frame);
    const heard = await place.sessionOf('hevc');
    await until('both tags', () => heard.tags.length === 2);
    expect(heard.tags.map(({ body }) => body)).to.deep.equal([start, frame]);
    encoder.close();
  });

  it('keeps times that need more than three bytes, and messages of several chunks', async () => {
    const { encoder } = await RawEncoder.publish(place.port, place.issue('long'));
    const bodies = [Buffer.alloc(1, 7), Buffer.alloc(128, 7), Buffer.alloc(129, 7), Buffer.alloc(70_000, 7)];
    const times = [0xff_ff_fe, 0xff_ff_ff, 0x1_00_00_00, 0xff_ff_ff_f0];
    for (const [index, body] of bodies.entries()) encoder.video(times[index] ?? 0, body);
    const heard = await place.sessionOf('long');
    await until('all', () => heard.tags.length === bodies.length);
    expect(heard.tags.map(({ timestampMs }) => timestampMs)).to.deep.equal(times);
    expect(heard.tags.map(({ body }) => body)).to.deep.equal(bodies);
    encoder.close();
  });

  it('accepts the address however the encoder splits it, with or without a query', async () => {
    const key = place.issue('split');
    for (const [app, name] of [
      ['live/', key],
      [`live/${key}`, ''],
      ['live', `${key}?token=1`],
    ] as const) {
      const { encoder, code } = await RawEncoder.publish(place.port, name, { app });
      expect(code, `${app} + ${name}`).to.equal('NetStream.Publish.Start');
      encoder.command('deleteStream', 6, null, 1);
      await until('the server hangs up', () => encoder.isClosed);
    }
  });

  it('acknowledges what it has received, for encoders that wait for it', async () => {
    const { encoder } = await RawEncoder.publish(place.port, place.issue('patient'));
    encoder.setChunkSize(65_536);
    const window = Buffer.alloc(4);
    window.writeUInt32BE(100_000);
    encoder.message(5, window, { chunkStream: 2, streamId: 0 });
    for (let index = 0; index < 20; index += 1) encoder.video(index * 40, Buffer.alloc(20_000, 7));
    const acknowledged = await until('acknowledgements', () => encoder.acknowledgements.at(-1));
    expect(acknowledged).to.be.greaterThan(50_000);
    encoder.close();
  });

  it('tells an encoder with a wrong, an early or a used key, in words that it shows', async () => {
    const before = place.refusals.length;
    const wrong = await publishFile(lecture, `rtmp://127.0.0.1:${place.port}/live/${'q'.repeat(26)}`);
    expect(wrong).to.contain('Stream key not accepted');
    const early = place.issue('early', { from: Date.now() + 60_000 });
    expect((await RawEncoder.publish(place.port, early)).code).to.equal('NetStream.Publish.BadName');
    const elsewhere = place.issue('elsewhere');
    const astray = await RawEncoder.publish(place.port, elsewhere, { app: 'vod' });
    expect(astray.code).to.equal('NetStream.Publish.BadName');
    await until('the reasons', () => place.refusals.length === before + 3);
    expect(place.refusals.slice(-3)).to.deep.equal([
      { why: 'unknown-key', address: '127.0.0.1', app: 'live' },
      { why: 'key-not-in-force', address: '127.0.0.1', app: 'live', classId: 'early' },
      { why: 'wrong-address', address: '127.0.0.1', app: 'vod' },
    ]);
    // A key in the wrong place is a key all the same, and stays out of logs.
    await RawEncoder.publish(place.port, '', { app: place.issue('misplaced') });
    await until('its reason', () => place.refusals.length === before + 4);
    expect(place.refusals.at(-1)).to.deep.equal({ why: 'wrong-address', address: '127.0.0.1' });
    await until('the figures', () => (place.ingest.figures.refused['unknown-key'] ?? 0) > 0);
  });

  it('cuts a running encoder off when its key is withdrawn or ends', async () => {
    const withdrawn = place.issue('withdrawn');
    const one = await RawEncoder.publish(place.port, withdrawn);
    one.encoder.audio(0, Buffer.alloc(9, 1));
    const heard = await place.sessionOf('withdrawn');
    place.withdraw(withdrawn);
    await until('it is gone', () => heard.gone);
    expect(heard.gone).to.equal('key-withdrawn');
    await until('the encoder is told', () => one.encoder.status === 'NetStream.Publish.Denied');
    await until('the line is down', () => one.encoder.isClosed);

    const ending = place.issue('ending');
    const two = await RawEncoder.publish(place.port, ending);
    two.encoder.audio(0, Buffer.alloc(9, 1));
    const other = await place.sessionOf('ending');
    place.change(ending, { until: Date.now() + 400 });
    await until('it is gone too', () => other.gone);
    expect(other.gone).to.equal('key-withdrawn');
  });

  it('cuts off whom the operator kicks, and tells nothing it sends afterwards', async () => {
    const { encoder } = await RawEncoder.publish(place.port, place.issue('kicked'));
    encoder.audio(0, Buffer.alloc(9, 1));
    const heard = await place.sessionOf('kicked');
    const sending = setInterval(() => encoder.audio(0, Buffer.alloc(9, 2)), 5);
    await until('some tags', () => heard.tags.length > 3);
    place.ingest.kick(heard.session.id);
    const count = heard.tags.length;
    expect(heard.gone).to.equal('kicked');
    await until('the line is down', () => encoder.isClosed);
    clearInterval(sending);
    expect(heard.tags).to.have.length(count);
  });

  it('lets another encoder take a key over from one that is frozen', async () => {
    const key = place.issue('frozen');
    const frozen = await RawEncoder.publish(place.port, key);
    frozen.encoder.audio(0, Buffer.alloc(9, 1));
    const first = await place.sessionOf('frozen');
    const { encoder } = await until('a second encoder gets in', async () => {
      const tried = await RawEncoder.publish(place.port, key);
      return tried.code === 'NetStream.Publish.Start' && tried;
    });
    encoder.audio(0, Buffer.alloc(9, 2));
    const second = await until(
      'a second session',
      () => place.sessions.filter(({ session }) => session.classId === 'frozen')[1],
    );
    await until('its sound', () => second.tags.length > 0);
    expect(first.gone).to.equal('taken-over');
    expect([first, second].map((heard) => media(heard).map(({ body }) => body[0]))).to.deep.equal([[1], [2]]);
    encoder.close();
  });

  it('drops an encoder that is frozen', async () => {
    const impatient = await startIngest({ limits: { idleMs: 300, sweepMs: 50, lingerMs: 50 } });
    try {
      const key = impatient.issue('forgotten');
      await until('one is found frozen', async () => {
        const { encoder } = await RawEncoder.publish(impatient.port, key);
        encoder.audio(0, Buffer.alloc(9, 1));
        await until('it is dropped', () => encoder.isClosed);
        // One that was dropped before its first sound was nobody's session.
        return impatient.sessions.some(({ gone }) => gone !== undefined);
      });
      expect(impatient.sessions.map(({ gone }) => gone)).to.deep.equal(['idle']);
    } finally {
      await impatient.stop();
    }
  });

  it('says of a line that breaks that it broke', async () => {
    const { encoder } = await RawEncoder.publish(place.port, place.issue('broken'));
    encoder.audio(0, Buffer.alloc(9, 1));
    const heard = await place.sessionOf('broken');
    encoder.socket.resetAndDestroy();
    await until('it is gone', () => heard.gone);
    expect(heard.gone).to.equal('disconnected');
  });

  it('uses a renewed certificate without a restart, and keeps the old one while the new is unusable', async () => {
    const port = place.ingest.address?.tlsPort ?? 0;
    const nameShown = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        });
        socket.once('error', reject);
      });
    expect(await nameShown()).to.equal('live.example.cn');
    await selfSigned(folder.join('key.pem'), folder.join('other.pem'), { name: 'half.example.cn' });
    await until('the trouble is told', () => place.ingest.health.detail?.startsWith('certificate'));
    expect(await nameShown()).to.equal('live.example.cn');
    await selfSigned(folder.join('key.pem'), folder.join('cert.pem'), {
      name: 'renewed.example.cn',
      days: 3,
    });
    await until('the new one', async () => (await nameShown()) === 'renewed.example.cn');
    await until('a warning', () => place.ingest.health.detail?.startsWith('the certificate of RTMPS ends'));
    expect(place.ingest.health.status).to.equal('degraded');
  });

  it('takes RTMP while the certificate is missing, and RTMPS as soon as it is there', async () => {
    const [keyFile, certFile] = [folder.join('late-key.pem'), folder.join('late-cert.pem')];
    const late = await startIngest({
      tls: { port: 0, keyFile, certFile },
      timing: { certificateCheckMs: 50 },
    });
    try {
      expect(late.ingest.health).to.include({ status: 'degraded', detail: 'certificate: ENOENT' });
      expect(late.ingest.health.advice).to.contain('YUANJIAO_LIVE_CERT_FILE');
      await selfSigned(keyFile, certFile);
      const tlsPort = await until('RTMPS is there', () => late.ingest.address?.tlsPort);
      const { code } = await RawEncoder.publish(tlsPort, late.issue('late'), { isSecure: true });
      expect(code).to.equal('NetStream.Publish.Start');
      await until('all is well', () => late.ingest.health.status === 'ok');
    } finally {
      await late.stop();
    }
  });

  it('cuts a publisher off that sends more than its bit rate, with the reason', async () => {
    const narrow = await startIngest({ limits: { maxBytesPerSecond: 50_000, burstSeconds: 2 } });
    try {
      const { encoder } = await RawEncoder.publish(narrow.port, narrow.issue('fast'));
      encoder.setChunkSize(65_536);
      for (let index = 0; index < 20; index += 1) encoder.video(index, Buffer.alloc(10_000, 7));
      const heard = await narrow.sessionOf('fast');
      await until('it is gone', () => heard.gone);
      expect(heard.gone).to.equal('too-much');
      await until('the encoder is told', () => encoder.status === 'NetStream.Publish.Denied');
    } finally {
      await narrow.stop();
    }
  });

  it('takes one main and one backup encoder of a class at once', async () => {
    const main = await RawEncoder.publish(place.port, place.issue('double'));
    const backup = await RawEncoder.publish(place.port, place.issue('double', { role: 'backup' }));
    for (const { encoder } of [main, backup]) encoder.audio(0, Buffer.alloc(9, 1));
    const both = await until('both sessions', () => {
      const found = place.sessions.filter(({ session }) => session.classId === 'double');
      return found.length === 2 && found;
    });
    expect(both.map(({ session }) => session.role)).to.deep.equal(['main', 'backup']);
    for (const { encoder } of [main, backup]) encoder.close();
  });

  it('leaves nothing behind when it stops', async () => {
    const other = await startIngest();
    const { encoder } = await RawEncoder.publish(other.port, other.issue('last'));
    encoder.audio(0, Buffer.alloc(9, 1));
    const heard = await other.sessionOf('last');
    const { pid } = other.ingest;
    await other.stop();
    expect(heard.gone).to.equal('stopping');
    expect(() => process.kill(pid ?? 0, 0)).to.throw('ESRCH');
    await until('the line is down', () => encoder.isClosed);
    const refused = await new Promise((resolve) => {
      connectTcp({ port: other.port, host: '127.0.0.1' }).once('error', resolve);
    });
    expect(refused).to.have.property('code', 'ECONNREFUSED');
  });
});
