export * from './index.ts';
export * from '../storage/index.ts';
export * from '../transcoder/index.ts';
