/** A direction of a remote control's arrows. */
export type Direction = 'up' | 'down' | 'left' | 'right';

/** Where something is on the screen. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

// Sideways distance counts more than the way ahead, so that a row or a column is kept.
const SIDEWAYS = 3;

/**
 * Which box an arrow leads to: the nearest one ahead, with what lies in the same row or column before all others. Pure.
 *
 * @returns its place in the list; undefined when nothing lies there
 */
export function nextBox(boxes: readonly Box[], from: Box, direction: Direction): number | undefined {
  let best: number | undefined;
  let least = Infinity;
  boxes.forEach((box, place) => {
    const cost = costOf(from, box, direction);
    if (cost === undefined || cost >= least) return;
    least = cost;
    best = place;
  });
  return best;
}

function costOf(from: Box, to: Box, direction: Direction): number | undefined {
  const isUpright = direction === 'up' || direction === 'down';
  const isForward = direction === 'down' || direction === 'right';
  const [near, far] = isUpright ? (['top', 'bottom'] as const) : (['left', 'right'] as const);
  const [low, high] = isUpright ? (['left', 'right'] as const) : (['top', 'bottom'] as const);
  const middle = (box: Box): number => (box[near] + box[far]) / 2;
  const isAhead = isForward ? middle(to) > middle(from) + 1 : middle(to) < middle(from) - 1;
  if (!isAhead) return undefined;
  const ahead = Math.max(0, isForward ? to[near] - from[far] : from[near] - to[far]);
  const aside = Math.max(0, to[low] - from[high], from[low] - to[high]);
  // Left and right stay in their row: the line below is reached by down.
  if (!isUpright && aside > 0) return undefined;
  const lean = Math.abs((to[low] + to[high]) / 2 - (from[low] + from[high]) / 2);
  return ahead + aside * SIDEWAYS + lean * (aside > 0 ? 1 : 0.2);
}

const STOPS = 'a[href], button:not([disabled]), input:not([disabled]), summary, select, textarea';

/** Lets the arrows of a remote control, or of a keyboard, walk over everything on the page that can be used. */
export function walkByArrows(): void {
  document.addEventListener('keydown', (event) => {
    const direction = DIRECTIONS[event.key];
    if (direction === undefined || event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (step(direction)) event.preventDefault();
  });
}

function step(direction: Direction): boolean {
  const here = document.activeElement;
  const isNowhere = here === null || here === document.body || here.id === 'main';
  if (!isNowhere && !leaves(here, direction)) return false;
  const stops = Array.from(document.querySelectorAll<HTMLElement>(STOPS)).filter(
    (stop) => stop !== here && stop.tabIndex >= 0 && isShown(stop),
  );
  if (isNowhere) {
    const first = document.querySelector<HTMLElement>('.card-link') ?? stops.find(isOnScreen);
    first?.focus();
    return first !== undefined;
  }
  const place = nextBox(
    stops.map((stop) => boxOf(stop)),
    boxOf(here),
    direction,
  );
  const next = place === undefined ? undefined : stops[place];
  next?.focus();
  return next !== undefined;
}

/** A field that uses the arrow itself keeps it: text to left and right, choices up and down. */
function leaves(here: Element, direction: Direction): boolean {
  const isSideways = direction === 'left' || direction === 'right';
  if (here instanceof HTMLTextAreaElement || here instanceof HTMLSelectElement) return false;
  if (!(here instanceof HTMLInputElement)) return here.getAttribute('role') !== 'slider';
  if (here.type === 'checkbox' || here.type === 'file') return true;
  if (here.type === 'radio' || here.type === 'range' || here.type === 'number') return false;
  if (!isSideways) return true;
  const { selectionStart, selectionEnd, value } = here;
  if (selectionStart !== selectionEnd) return false;
  return direction === 'left' ? selectionStart === 0 : selectionStart === value.length;
}

/** A card is walked over as a whole, though only its link can be used. */
function boxOf(stop: Element): Box {
  return (stop.closest('.card') ?? stop).getBoundingClientRect();
}

/** What a closed `details` holds has a place on the screen, but cannot be seen or used. */
function isShown(stop: HTMLElement): boolean {
  if (stop.getClientRects().length === 0 || stop.classList.contains('skip')) return false;
  const shut = (stop.tagName === 'SUMMARY' ? stop.parentElement?.parentElement : stop)?.closest(
    'details:not([open])',
  );
  return shut === null || shut === undefined;
}

function isOnScreen(stop: HTMLElement): boolean {
  const { top, bottom } = stop.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}
