// An entry of its own, so that the engine lands in a file of its own and stays cached when the pages change.
export { default as HlsJs } from 'hls.js';
