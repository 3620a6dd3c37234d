import { chapterIndexAt } from '../chapters.ts';
import { button, element } from '../controls/element.ts';
import type { CoursewarePlayer } from '../courseware-player.ts';
import type { Chapter } from '../descriptor.ts';
import { clockText } from '../duration-text.ts';

/** The lecture's chapters beside the picture; the one that is running is marked. Up and down walk along it. */
export function showChapterList(
  place: HTMLElement,
  chapters: readonly Chapter[],
  player: CoursewarePlayer,
): void {
  place.textContent = '';
  place.hidden = chapters.length === 0;
  if (chapters.length === 0) return;
  const lines = chapters.map(({ start, title }) => {
    const time = element('span', { class: 'chapter-time' }, clockText(start));
    const line = button({ class: 'chapter' }, time, element('span', { class: 'chapter-title' }, title));
    line.addEventListener('click', ({ detail }) => {
      player.seekTo(start);
      player.play();
      // After the mouse, the next key is meant for the player; who walks by keys stays in the list.
      if (detail > 0) line.blur();
    });
    return line;
  });
  place.append(
    element('h2', { class: 'chapters-title' }, '章节'),
    element('ol', { class: 'chapter-lines' }, ...lines.map((line) => element('li', {}, line))),
  );
  place.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const next = lines[lines.indexOf(document.activeElement as HTMLButtonElement) + step];
    if (step === 0 || next === undefined) return;
    event.preventDefault();
    next.focus();
  });
  let current = -1;
  player.listen(({ position }) => {
    const index = chapterIndexAt(chapters, position);
    if (index === current) return;
    lines[current]?.removeAttribute('aria-current');
    current = index;
    const line = lines[index];
    if (line === undefined) return;
    line.setAttribute('aria-current', 'true');
    // Inside the list alone: scrollIntoView would move the page under a viewer's eyes.
    const { offsetTop, offsetHeight } = line;
    if (offsetTop < place.scrollTop || offsetTop + offsetHeight > place.scrollTop + place.clientHeight) {
      place.scrollTop = offsetTop - place.clientHeight / 3;
    }
  });
}
