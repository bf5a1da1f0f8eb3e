export { locateModel, locateScheduler, locateVae, type VaeLocation } from './locate-model.js';
export { snapshotDownload } from './snapshot-download.js';
export {
  hubOptionSchemas,
  requireToken,
  type DownloadProgress,
  type SnapshotOptions,
} from './snapshot-options.js';
