import { element } from '../../controls/element.ts';
import type { CoursewarePlayer } from '../../courseware-player.ts';
import type { ShownSlide } from '../../descriptor.ts';

/** Shows beside the picture the slide that stood there in the class, wherever the viewer goes. */
export function showSlides(
  place: HTMLElement,
  slides: readonly ShownSlide[],
  player: Pick<CoursewarePlayer, 'listen'>,
): void {
  const image = element('img', { alt: '' });
  const title = element('figcaption', {});
  const root = element('figure', { class: 'lecture-slide', hidden: '' }, image, title);
  place.prepend(root);
  player.listen(({ position }) => {
    let slide: ShownSlide | undefined;
    for (const each of slides) if (each.start <= position) slide = each;
    const { imageUrl, title: words = '' } = slide ?? {};
    root.hidden = imageUrl === undefined;
    if (imageUrl === undefined || image.getAttribute('src') === imageUrl) return;
    image.src = imageUrl;
    image.alt = words === '' ? '课件页' : `课件页：${words}`;
    title.textContent = words;
  });
}
