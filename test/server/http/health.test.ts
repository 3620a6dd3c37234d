import { expect } from 'chai';

import { startSite } from '../../support/courseware-site.ts';
import { pathWithoutSandbox } from '../../support/machine.ts';
import { testFolder, type TestFolder } from '../../support/media.ts';
import { startServerProcess } from '../../support/server-process.ts';

interface Report {
  readonly status: string;
  readonly parts: readonly {
    readonly name: string;
    readonly status: string;
    readonly detail?: string;
    readonly advice?: string;
  }[];
}

async function reportOf(base: string): Promise<Report> {
  return (await (await fetch(`${base}/ready`)).json()) as Report;
}

function partOf(report: Report, name: string): Report['parts'][number] | undefined {
  return report.parts.find((part) => part.name === name);
}

describe('The health of media tools', function () {
  const usual = process.env['PATH'];
  let folder: TestFolder;

  beforeEach(async () => {
    folder = await testFolder();
  });

  afterEach(async () => {
    process.env['PATH'] = usual;
    await folder.remove();
  });

  it('is a warning at the start and a weak part of a ready server where bubblewrap is missing', async () => {
    const path = await pathWithoutSandbox(folder.join('tools'));
    const server = await startServerProcess({
      PATH: path,
      YUANJIAO_DATA_DIR: folder.join('data'),
      YUANJIAO_WORKERS: '1',
    });
    const report = await reportOf(server.base);
    await server.end('SIGTERM');
    const warning = server.lines.find((line) => line.includes('no sandbox for media'));
    expect(warning).to.include('"level":"warn"').and.include('apt-get install bubblewrap');
    expect(report.status).to.equal('ready');
    expect(partOf(report, 'sandbox')).to.include({ status: 'degraded', detail: 'limits' });
    expect(partOf(report, 'sandbox')?.advice).to.include('apt-get install bubblewrap');
  });

  it('takes an encoding server out of service where a sandbox is required and missing', async () => {
    process.env['PATH'] = await pathWithoutSandbox(folder.join('tools'));
    const site = await startSite({ env: { YUANJIAO_SANDBOX: 'required', YUANJIAO_WORKERS: '1' } });
    const report = await reportOf(site.base);
    await site.close();
    expect(report.status).to.equal('not-ready');
    expect(partOf(report, 'sandbox')).to.include({ status: 'failed', detail: 'limits' });
  });

  it('leaves a server in service that encodes nothing itself', async () => {
    process.env['PATH'] = await pathWithoutSandbox(folder.join('tools'));
    const site = await startSite({ env: { YUANJIAO_SANDBOX: 'required' } });
    const report = await reportOf(site.base);
    await site.close();
    expect(report.status).to.equal('ready');
    expect(partOf(report, 'sandbox')).to.include({
      status: 'ok',
      detail: 'not needed: nothing is decoded here',
    });
    expect(partOf(report, 'encoder')).to.equal(undefined);
  });

  it('names the encoder, and a wanted one that does not work', async () => {
    const site = await startSite({ env: { YUANJIAO_ENCODER: 'nvenc', YUANJIAO_WORKERS: '1' } });
    const report = await reportOf(site.base);
    await site.close();
    expect(report.status).to.equal('ready');
    expect(partOf(report, 'encoder')?.status).to.equal('degraded');
    expect(partOf(report, 'encoder')?.detail).to.match(/^x264 instead of nvenc: \w/);
  });
});
