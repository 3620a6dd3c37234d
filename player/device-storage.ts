import type { ResumeStorage } from './resume-point.ts';

/** This device's own memory; undefined where reading the property already throws, as where cookies are forbidden. */
export function deviceStorage(): ResumeStorage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}
