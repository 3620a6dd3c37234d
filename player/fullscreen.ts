// Chromium 67 knows only the prefixed names, and an iPhone only the video's own full screen.
interface PrefixedElement {
  requestFullscreen?: () => Promise<void> | undefined;
  webkitRequestFullscreen?: () => void;
}
interface PrefixedDocument {
  exitFullscreen?: () => Promise<void> | undefined;
  webkitFullscreenElement?: Element | null;
  webkitExitFullscreen?: () => void;
}
interface PhoneVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

/** True while the element, or something in it or around it, fills the screen. */
export function isFullscreen(element: HTMLElement): boolean {
  const filling = document.fullscreenElement ?? (document as PrefixedDocument).webkitFullscreenElement;
  if (filling === null || filling === undefined) return false;
  return element.contains(filling) || filling.contains(element);
}

/** Fills the screen, or gives it back. A refusal by the browser changes nothing. */
export function toggleFullscreen(element: HTMLElement, video: HTMLVideoElement): void {
  if (isFullscreen(element)) {
    leaveFullscreen();
    return;
  }
  const prefixed = element as PrefixedElement;
  if (prefixed.requestFullscreen !== undefined) void prefixed.requestFullscreen()?.catch(() => undefined);
  else if (prefixed.webkitRequestFullscreen !== undefined) prefixed.webkitRequestFullscreen();
  else (video as PhoneVideo).webkitEnterFullscreen?.();
}

/** Gives the screen back. */
export function leaveFullscreen(): void {
  const prefixed = document as PrefixedDocument;
  if (prefixed.exitFullscreen !== undefined) void prefixed.exitFullscreen()?.catch(() => undefined);
  else prefixed.webkitExitFullscreen?.();
}

/** Calls back when the full screen begins or ends. @returns the way to stop */
export function onFullscreenChange(listener: () => void): () => void {
  const events = ['fullscreenchange', 'webkitfullscreenchange'];
  for (const event of events) document.addEventListener(event, listener);
  return () => {
    for (const event of events) document.removeEventListener(event, listener);
  };
}
