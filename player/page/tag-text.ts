/** Splits what a person typed into tags: by comma of either script, 、, ; or space; no tag twice. Pure. */
export function readTags(text: string): readonly string[] {
  const tags = text.split(/[,，、;；\s]+/).filter((tag) => tag !== '');
  return tags.filter((tag, place) => tags.indexOf(tag) === place);
}

/** Adds the tag, or takes it away when it is there. Pure. */
export function toggleTag(text: string, tag: string): string {
  const tags = readTags(text);
  return (tags.includes(tag) ? tags.filter((other) => other !== tag) : tags.concat(tag)).join('、');
}

/** Splits names a person typed, which may hold spaces: by comma of either script, 、 or ;. Pure. */
export function readNames(text: string): readonly string[] {
  const names = text
    .split(/[,，、;；\n]+/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.filter((name, place) => names.indexOf(name) === place);
}
