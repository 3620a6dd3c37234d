/**
 * Keeps a grid of cards free of half-filled rows: what does not fill a row is hidden, unless there is but one row.
 *
 * @param rows at most so many are shown
 */
export function keepWholeRows(grid: HTMLElement, rows: number): void {
  const trim = (): void => {
    const columns = getComputedStyle(grid).gridTemplateColumns.split(' ').length;
    const count = grid.children.length;
    const whole = Math.floor(count / columns) * columns;
    const shown = Math.min(whole === 0 ? count : whole, rows * columns);
    Array.from(grid.children).forEach((child, place) => {
      (child as HTMLElement).hidden = place >= shown;
    });
  };
  trim();
  window.addEventListener('resize', trim);
}
