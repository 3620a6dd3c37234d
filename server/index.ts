export { createServer, type CoursewareServer, type ServerOptions } from './courseware-server.ts';
export { createWorker, openDesk, openFoundation, type Foundation } from './foundation.ts';
export type { UploadDesk, UploadDeskOptions, UploadIntent } from './upload/upload-desk.ts';
export type { Landing } from './upload/landing.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { CONFIG_FILE, describeConfig, loadConfig, type Config, type ConfigOrigins } from './config.ts';
export { SETTINGS, settingRows, type Setting, type SettingName } from './settings.ts';
export {
  ConfigError,
  RequestError,
  UploadError,
  type ConfigProblem,
  type InputProblem,
  type RequestErrorCode,
  type RequestErrorFacts,
  type UploadErrorCode,
} from './errors.ts';
export { edgeFiles, writeEdgeFiles, type EdgeFile } from './edge/edge-files.ts';
export { planEdge, type EdgePlan, type EdgeWish } from './edge/edge-plan.ts';
export { LIVE_RESOURCES, liveResourceAt, type LiveResource } from './edge/live-lifetimes.ts';
export { SignedPaths, type SignedPathsOptions } from './edge/signed-paths.ts';
export { varnishArguments } from './edge/varnish-config.ts';
export { openLog, type Log, type LogOptions } from './log.ts';
export { PROBLEMS, type ErrorCode } from './http/problem-kinds.ts';
export type { Problem } from './http/problem.ts';
export { openDatabase, type DatabaseOptions } from './database/database.ts';
export type { ChangeListener } from './database/database-settings.ts';
export { DatabaseError, type DatabaseErrorCode } from './database/database-error.ts';
export type { Database } from './database/transaction.ts';
export { Catalogue } from './catalogue/catalogue.ts';
export { Collections } from './catalogue/collections.ts';
export type { Collection, CollectionView } from './catalogue/collection-rows.ts';
export type { CollectionFields, CollectionKind, TopicState } from './catalogue/collection-input.ts';
export { Vocabulary } from './catalogue/vocabulary.ts';
export { Uses, type Play } from './catalogue/uses.ts';
export { Favourites, type FavouritesPage } from './catalogue/favourites.ts';
export { SavedLists, type SavedList, type SavedListInput } from './catalogue/saved-lists.ts';
export { withdrawExpired } from './catalogue/publication.ts';
export type {
  CoursewareFields,
  CoursewareInput,
  CoursewarePatch,
  RightsInput,
} from './catalogue/courseware-input.ts';
export {
  CatalogueError,
  type CatalogueErrorCode,
  type CatalogueErrorFacts,
} from './catalogue/catalogue-error.ts';
export { SqlJobStore, type JobsChanged, type SqlJobStoreOptions } from './jobs/sql-job-store.ts';
export { Accounts, type AccountsOptions, type ApiToken, type NewApiToken } from './accounts/accounts.ts';
export { AccountError, type AccountErrorCode } from './accounts/account-error.ts';
export { decide, type Action, type Principal } from './accounts/access.ts';
export { ClassBook, type ChangeScope } from './live/class-book.ts';
export type { NewLiveClass } from './live/class-planning.ts';
export type { ChangedPart, ClassListener } from './live/class-listener.ts';
export { LiveClassError, type LiveClassErrorCode } from './live/live-class-error.ts';
export type { LiveClassFields } from './live/live-class-input.ts';
export type { LiveClassPage, LiveClassQuery, TimetablePart } from './live/live-class-list.ts';
export type { ClassLeftovers } from './live/live-class-writing.ts';
export type { MoveFacts } from './live/live-class-moves.ts';
export {
  LIVE_CLASS_MOVES,
  LIVE_LADDERS,
  type LiveClass,
  type LiveClassId,
  type LiveClassState,
  type LiveLadderName,
} from './live/live-class.ts';
export type { LiveMark, LiveMarks, MarkInput, MarkKind } from './live/live-marks.ts';
export { mediaTimeOf, wallTimeOf, type OnAirInterval } from './live/media-time.ts';
export type { PublishLog, PublishRecord, PublishRefusal } from './live/publish-log.ts';
export type { Recurrence } from './live/recurrence.ts';
export type { Slide, SlideDeck } from './live/slide-deck.ts';
export { hashOfKey, type AdmittedKey, type KeyRole } from './live/stream-key.ts';
export { BookedClasses } from './live/room/booked-classes.ts';
export {
  Room,
  type BeatAnswer,
  type PublicRoom,
  type RoomChange,
  type RoomOptions,
} from './live/room/room.ts';
export type { PresenceBookOptions } from './live/room/presence-book.ts';
export type { RoomClass, RoomClasses, RoomNotice } from './live/room/room-class.ts';
export { RoomError, type RoomErrorCode } from './live/room/room-error.ts';
export type { Attendance, AttendanceCounts, AttendanceRow, AttendanceState } from './live/room/attendance.ts';
export type { Question, QuestionInput, QuestionMove } from './live/room/question-queue.ts';
export { QUESTION_MOVES, type QuestionKind, type QuestionState } from './live/room/question-state.ts';
export type { HeadCount, Receipt, ReceiptInput } from './live/room/receipts.ts';
export type { TimeSpan } from './live/room/time-spans.ts';
export { ImportDesk, type ImportOptions } from './exchange/import-desk.ts';
export type { ImportReport, RowEffect } from './exchange/import-report.ts';
export type { CellProblem } from './exchange/table-rows.ts';
export { ExportDesk, type ExportQuery } from './exchange/export-desk.ts';
export { ExchangeError, type ExchangeErrorCode } from './exchange/exchange-error.ts';
export { writeWorkbook, type SheetPlan } from './exchange/workbook-writer.ts';
export { csvRow } from './exchange/csv-writer.ts';
export {
  Search,
  type SearchHit,
  type SearchOptions,
  type SearchPage,
  type SearchQuery,
} from './search/search.ts';
export { SearchDesk, openSearchDesk, type SearchDrift } from './search/search-desk.ts';
export { indexMany } from './search/item-rows.ts';
export { saveTranscript, type TranscriptKey } from './search/spoken-rows.ts';
export type { SpokenCue } from './search/spoken-minutes.ts';
export type { Facet, FacetFilters } from './search/facet-column.ts';
export type { FacetCount, FacetCounts } from './search/facet-counts.ts';
export type { SearchSort } from './search/sorting.ts';
export {
  PRODUCTION_MOVES,
  PUBLICATION_MOVES,
  type Courseware,
  type CoursewareId,
  type ProductionFailure,
  type ProductionState,
  type PublicationState,
  type Version,
} from './catalogue/courseware.ts';
