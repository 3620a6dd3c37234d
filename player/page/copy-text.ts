/** Puts a text on the clipboard, also over plain http, where browsers offer no clipboard to scripts. */
export async function copyText(text: string): Promise<boolean> {
  const { clipboard } = navigator as { readonly clipboard?: Clipboard };
  if (clipboard !== undefined) {
    try {
      await clipboard.writeText(text);
      return true;
    } catch {
      // Forbidden: the old way may still do.
    }
  }
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'hidden-label';
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const isDone = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return isDone;
}
