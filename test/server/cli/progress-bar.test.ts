import { expect } from 'chai';

import { ProgressBar } from '../../../server/cli/progress-bar.ts';
import { clock, cutToWidth, displayWidth } from '../../../server/cli/terminal-text.ts';

class Screen {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly written: string[] = [];

  constructor(isTTY: boolean, columns = 80) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.written.push(text);
  }

  /** The line as it was last drawn. */
  get line(): string {
    return (this.written.findLast((text) => text.startsWith('\r')) ?? '').replace('\r\u001b[K', '');
  }
}

describe('the progress bar', () => {
  it('counts two cells for a Chinese character and none for a combining mark', () => {
    expect(displayWidth('杨梅嫁接 4')).to.equal(10);
    expect(displayWidth('e\u0301')).to.equal(1);
    expect(cutToWidth('杨梅嫁接四步', 8)).to.equal('杨梅嫁…');
    expect(displayWidth(cutToWidth('杨梅嫁接四步', 6))).to.be.at.most(6);
  });

  it('writes time as people read it', () => {
    expect(clock(59.4)).to.equal('0:59');
    expect(clock(3725)).to.equal('1:02:05');
  });

  it('redraws one line on a terminal with percent, elapsed and remaining time', () => {
    let now = 0;
    const screen = new Screen(true, 120);
    const bar = new ProgressBar('杨梅嫁接四步', { output: screen, now: () => now });
    bar.update(0, 'probing');
    now = 10_000;
    bar.update(0.25, 'transcoding');
    expect(screen.line).to.contain('杨梅嫁接四步').and.to.contain('25%');
    expect(screen.line).to.contain('0:10 elapsed').and.to.contain('还需 0:30').and.to.contain('[####');
    bar.finish();
    expect(screen.written.join('').match(/\n/g)).to.have.length(1);
  });

  it('never fills a line, however long the title and narrow the terminal', () => {
    for (const columns of [20, 40, 80, 100, 200]) {
      let now = 0;
      const screen = new Screen(true, columns);
      const bar = new ProgressBar('新农村'.repeat(40), { output: screen, now: () => now });
      bar.update(0, 'transcoding');
      now = 5_000;
      bar.update(0.5, 'transcoding');
      expect(displayWidth(screen.line), String(columns)).to.be.below(columns);
    }
  });

  it('has room for title and bar on a terminal of 80 cells', () => {
    let now = 0;
    const screen = new Screen(true, 80);
    const bar = new ProgressBar('示范课：杨梅嫁接四步', { output: screen, now: () => now });
    bar.update(0, 'transcoding');
    now = 19_000;
    bar.update(0.5, 'transcoding');
    expect(screen.line)
      .to.match(/^示范课：.*\[######------\]/)
      .and.to.contain('50%  0:19 elapsed  还需 0:19');
  });

  it('lets no title move the cursor', () => {
    const screen = new Screen(true);
    new ProgressBar('a\u001b[2Jb\nc', { output: screen, now: () => 0 }).update(0.5);
    expect(screen.line).not.to.contain('\u001b');
  });

  it('writes a plain line at most every five seconds where there is no terminal', () => {
    let now = 0;
    const screen = new Screen(false);
    const bar = new ProgressBar('课件', { output: screen, now: () => now });
    for (; now <= 20_000; now += 100) bar.update(now / 20_000);
    bar.finish();
    expect(screen.written).to.have.length(6);
    expect(screen.written.at(-1)).to.contain('100%');
    expect(screen.written.join('')).not.to.contain('\r');
  });

  it('guesses no remaining time from what others had made before', () => {
    let now = 0;
    const screen = new Screen(true, 120);
    const bar = new ProgressBar('课件', { output: screen, now: () => now });
    bar.update(0.8);
    now = 1_000;
    bar.update(0.81);
    expect(screen.line).not.to.contain('还需');
    now = 10_000;
    bar.update(0.9);
    expect(screen.line).to.contain('还需 0:10');
  });
});
