// The shapes of what the server answers and of what the page's modules hand each other. Only the type check reads this;
// tests/web/test_types.py holds the first part to the server.

import type { MetadataFields } from "./fields.d.ts";

// -- a session --------------------------------------------------------------------------------------------------------

export type Standing =
  | "queued"
  | "planning"
  | "processing"
  | "paused"
  | "interrupted"
  | "attention"
  | "completed"
  | "cancelled";
export type Outcome = "added" | "updated" | "moved" | "unchanged" | "failed" | "vanished";
export type Skip = "fresh" | "filtered" | "unsupported" | "failed_before" | "beyond_max_files";
export type Stage =
  | "identify"
  | "metadata"
  | "keywords"
  | "score"
  | "thumbnail"
  | "nsfw"
  | "barcodes"
  | "detect"
  | "describe";
export type Counted = "processed" | "committed" | "unchanged" | "failed" | "vanished" | "incomplete";
export type Verdict = "parsed" | "partly" | "raw_only";
export type Stat =
  | "metadata_extracted"
  | "keywords_added"
  | "scores_imported"
  | "nsfw_checked"
  | "nsfw_detected"
  | "errors"
  | "incomplete"
  | "returned"
  | `prompts_${Verdict}`;

/** Times are ISO 8601 in UTC. */
type Time = string;

/** A measure that is estimated, in seconds. */
export type Estimate = { low: number; high: number };

export interface StageCount {
  total: number;
  done: number;
  failed: number;
  skipped: number;
  not_reached: number;
  pending: number;
  seconds: number;
}

/**
 * What the card of a stage says. `total = done + failed + skipped + notReached + pending`; `word` is how it stands,
 * `why` a sentence where it cannot run, `ms` the mean time for a file, null where there is none.
 */
export interface Card {
  name: string;
  state: "waiting" | "processing" | "complete" | "stopped" | "off" | "unavailable";
  word: string;
  why: string;
  total: number;
  done: number;
  failed: number;
  skipped: number;
  notReached: number;
  pending: number;
  ms: number | null;
}

/** What a session was asked to do. */
export interface Parameters {
  q: string | null;
  directories: string[];
  recursive: boolean;
  pattern: string;
  min_bytes: number | null;
  max_bytes: number | null;
  enable_nsfw_detection: boolean;
  nsfw_threshold: number;
  extract_metadata: boolean;
  extract_keywords: boolean;
  import_scores: boolean;
  read_barcodes: boolean;
  detect_objects: boolean;
  describe: DescribeRequest | null;
  generate_thumbnails: boolean;
  skip_existing: boolean;
  max_files: number | null;
  workers: number | null;
  retry_of?: string | null;
  retry_cause?: string | null;
  retry_chosen?: string | null;
}

/** Who is to describe the pictures of a session, by what template, and for how much. */
export interface DescribeRequest {
  template: string;
  provider: string;
  model: string | null;
  budget_usd: number | null;
  commit: "proposals" | "direct";
  include_nsfw: boolean;
  write: ("json" | "docx")[];
}

/** What descriptions cost so far, in USD; `budget_usd` null: no limit. */
export interface Spending {
  spent_usd: number;
  reserved_usd: number;
  budget_usd: number | null;
  requests: number;
  answers: number;
  unpriced?: number;
  written?: Partial<Record<"docx" | "json", number>>;
}

/** What the form asks for: what a person left empty is left to the server. */
export type Request = Partial<Parameters> & { directories: string[] };

/**
 * A part of the form that is loaded later: what it adds to the parameters, how it is filled in, and what it says of a
 * refusal: whether that is about it; of null it takes back what it said.
 */
export interface FormPart {
  read: () => Partial<Parameters>;
  write: (parameters: Partial<Parameters>) => void;
  refuse: (error: { field: string | null; message: string } | null) => boolean;
}

/** The whole status of a session. Totals are null until it is planned. */
export interface Session {
  session_id: string;
  status: Standing;
  progress: number;
  discovered: number | null;
  skipped: Record<Skip, number>;
  total_files: number | null;
  pending: number | null;
  processed_files: number;
  committed_files: number;
  current_file: string | null;
  current_started_at: Time | null;
  outcomes: Record<Outcome, number>;
  stats: Record<Stat, number> & { incomplete?: number };
  stages: Record<string, StageCount>;
  errors: Complaint[];
  active_seconds: number;
  files_per_second: number | null;
  eta_seconds: Estimate | null;
  created_at: Time;
  started_at: Time | null;
  ended_at: Time | null;
  heartbeat_at: Time | null;
  last_event_id: number;
  attention: { cause: string; sentence: string; needs_confirm: boolean; by_itself?: boolean } | null;
  marked_missing: number;
  interruptions: number;
  parameters: Parameters;
  activity: string | null;
  unavailable: Partial<Record<Stage, string>>;
  limited: Partial<Record<Stage, string>>;
  pending_by: Record<string, number>;
  warnings: string[];
  describe: Spending | null;
  dismissed: boolean;
}

/** What is known of the session that a page should show. */
export type Active = Pick<Session, "session_id" | "status"> | { session_id: null; status: null };

export interface Started {
  session_id: string;
  total_files: number | null;
  status: Standing;
}

export type Walking = { walking: true; discovered: number };

/** Media files of one format, and the pattern that chooses them. */
export interface FilesOfFormat {
  files: number;
  bytes: number;
  pattern: string;
}

export interface Plan {
  walking: false;
  discovered: number;
  pending: number;
  pending_by: Record<string, number>;
  read_again: Record<string, number>;
  skipped: Record<Skip, number>;
  unavailable: Partial<Record<Stage, string>>;
  limited: Partial<Record<Stage, string>>;
  estimate_seconds: Estimate;
  by_type: Record<string, number>;
  formats: Record<string, FilesOfFormat>;
  space: { thumbnails: number; database: number; free: number | null };
  folders: number;
  directories: string[];
  warnings: string[];
  age_seconds: number;
  describe_estimate: DescribeEstimate | null;
}

/** What descriptions would cost, in USD; null where no price is known. */
export interface DescribeEstimate {
  requests: number;
  usd: { low: number; high: number } | null;
  priced: boolean;
  seconds: { low: number; high: number };
  left_out: number;
}

// -- files ------------------------------------------------------------------------------------------------------------

/** What went wrong with a file; nulls where nothing did. */
export interface Complaint {
  path: string;
  stage: Stage | null;
  cause: string | null;
  reason: string | null;
  at: Time | null;
}

/** What a session answered for a file. */
export interface Answer extends Complaint {
  outcome: Outcome | null;
  ms: number | null;
  stages: Record<string, { status: string; ms: number }>;
}

/** A file of a list: of a plan, of a session, or of those that are missing. Each list knows another part of it. */
export interface Listed extends Partial<Answer> {
  path: string;
  size?: number | null;
  why?: string | null;
  missing_at?: Time | null;
  nsfw_probability?: number | null;
  is_nsfw?: boolean | null;
  has_thumbnail?: boolean;
}

/** One page of a list, and where the next one begins. */
export interface Page<Row> {
  files: Row[];
  next: string | null;
}

export interface FailedGroup {
  cause: string;
  files: number;
  meaning: string;
  advice: string;
  retry_helps: boolean;
  changed: number | null;
}

export interface Failures {
  files: number;
  causes: FailedGroup[];
}

/** Parameters under a name; what is left out is as by default. */
export interface Preset {
  name: string;
  parameters: Partial<Parameters>;
  saved_at: Time;
}

/** What became of a test message to one target. */
export interface Tried {
  target: string;
  error: string | null;
}

/** A search, and the order of what it finds. */
export interface SearchView {
  q: string;
  sort: string;
  order: string;
}

/** A search under a name. */
export interface SavedSearch extends SearchView {
  name: string;
  saved_at: Time;
}

/** What a person says of failures: of those that are named, or of all with a cause that are in a state now. */
export interface FailuresMeant {
  state: FailureState;
  paths?: string[];
  cause?: string;
  root?: string;
  from_state?: FailureState;
}
export type FailureState = "open" | "reviewed" | "ignored";

/** Rows that an undo of a session removes, and rows of it that stay. */
export interface Undone {
  removed: number;
  kept: number;
}

/** One content under several names. */
export interface Copies {
  sha256: string;
  size: number;
  files: string[];
  count: number;
}

/** Files in parts of equal length of a session's time. */
export interface Pace {
  began_at: Time | null;
  seconds: number;
  files: number[];
}

export interface SameBytes {
  files: number;
  groups: Copies[];
  next: string | null;
}

export interface Failure extends Pick<Answer, "stage" | "cause" | "reason"> {
  attempts: number;
  fingerprint: string;
  at: Time;
  fatal: boolean;
  version: string;
  session_id: string | null;
  state: FailureState;
}

/** A line of a path's history; beside what sessions answer, a person can have edited the file. */
export interface Happening extends Complaint {
  outcome: string;
  ms: number | null;
  stages: Answer["stages"];
  session_id: string | null;
  moved_from: string | null;
}

/** What became of a path. */
export interface Explanation {
  path: string;
  verdict: string;
  sentence: string;
  on_disk: { size: number; mtime: Time; kind: string } | null;
  row: {
    sha256: string;
    size: number;
    format: string;
    ingested_at: Time;
    updated_at: Time;
    missing_at: Time | null;
    session_id: string;
    stages_failed: { stage: Stage; cause: string | null; reason: string | null }[];
  } | null;
  failures: Failure[];
  events: Happening[];
  duplicates: string[];
  duplicates_count: number;
  matches: string[];
  matches_count: number;
  sessions: string[];
}

/** A number as a file has it: a whole one that a number cannot hold exactly comes as its digits. */
export type Written = number | string;

export interface Keyword {
  text: string;
  source: string;
  weight: Written | null;
}

export type Lora = { name: string; weight?: Written | null };

/** A box in a picture by its centre and size, as parts of the upright picture, and what is in it. */
export interface Boxed {
  label: string;
  kind: "face" | "pet" | "barcode" | "focus" | "object";
  confidence: number | null;
  x: number;
  y: number;
  w: number;
  h: number;
}

/** What one source says of one thing in a picture. */
export interface Region extends Boxed {
  source: string;
  model: string | null;
  at: Time;
}

/** One thing in a picture, and who says so. */
export interface Thing extends Boxed {
  sources: string[];
}

/** All that the library knows of a file; null is what it does not know. */
export interface LibraryFile extends MetadataFields {
  path: string;
  width: number | null;
  height: number | null;
  sha256: string;
  phash: string | null;
  picture_sha256: string | null;
  format: string;
  kind: "image" | "video";
  mode: string | null;
  frames: number | null;
  notes: string[];
  size: number;
  pair: { path: string } | null;
  score: number | null;
  keywords: Keyword[] | null;
  regions: Region[];
  things: Thing[];
  prompt_verdict: Verdict | null;
  generation: { loras?: Lora[]; [setting: string]: unknown } | null;
  nsfw_probability: number | null;
  nsfw_mean: number | null;
  nsfw_frames: number | null;
  nsfw_model: string | null;
  raw: Record<string, Record<string, unknown>> | null;
  stages: Record<string, { status: string; model?: string }>;
  session_id: string;
  ingested_at: Time;
  updated_at: Time;
  missing_at: Time | null;
  is_nsfw: boolean | null;
  sources: Record<string, string>;
}

/** The search that a file was chosen from, as the address says it; empty where it does not. */
export interface FileList {
  q: string;
  sort: string;
  order: string;
}

/** What stands beside a file in a search. */
export interface Beside {
  previous: string | null;
  next: string | null;
  position: number | null;
  total: number;
  pairs: PairedFile[];
  nsfw_checked: number;
}

/** A size in CSS pixels. */
export interface Extent {
  width: number;
  height: number;
}

/** Where a picture stands on its stage, in CSS pixels, and how many of them a pixel of it takes. */
export interface Placed {
  scale: number;
  x: number;
  y: number;
}

/** What a person says of a file. */
export type Edit = Partial<
  Record<"score" | "title" | "caption" | "keywords" | "release", string | string[] | number | null>
>;

// -- folders, the library, the model ----------------------------------------------------------------------------------

export interface FolderCounts {
  total_files: number;
  ingested_files: number;
  failed_files: number;
  damaged_files: number;
}

export interface Folder {
  name: string;
  path: string;
  has_children: boolean;
  ingest_stats: FolderCounts;
  recursive_stats?: FolderCounts;
  warning?: string;
}

/** A folder and a page of those inside it; `path` is null above the roots. */
export interface Listing {
  path: string | null;
  parent: string | null;
  ingest_stats: FolderCounts;
  directories: Folder[];
  next: string | null;
  warning?: string;
}

/** How many files there are; those that are gone from disk are in `missing` alone. */
export interface FileSums {
  images: number;
  videos: number;
  files: number;
  bytes: number;
  missing: number;
  incomplete: number;
}

/** What descriptions cost in another currency. */
export interface InCurrency {
  code: string;
  symbol: string;
  rate: number;
  spent: number | null;
  average: number | null;
}

export interface RootSums extends FileSums {
  runs: number;
  unpriced_runs: number;
  spent_usd: number | null;
  average_usd: number | null;
  currencies: InCurrency[];
  sessions: number;
  failures: Record<string, number> | null;
}

export interface Summary extends RootSums {
  prompts: Record<string, number>;
  updated_at: Time | null;
  by_root: Record<string, RootSums>;
  added_by_day: { at: string; files: number }[];
  scores: ValueCount[];
  mean_score: number | null;
  nsfw: { yes: number; no: number; unknown: number; spread: { low: number; high: number; files: number }[] };
  mean_nsfw_probability: number | null;
  keywords: ValueCount[];
  unique_keywords: number;
  cameras: ValueCount[];
  models: ValueCount[];
  detections: number;
  labels: ValueCount[];
  unique_labels: number;
  mean_confidence: number | null;
}

/** The NSFW probabilities of the library: `bins` are 100 numbers of files. */
export interface Spread {
  threshold: number | null;
  checked: number;
  detected: number;
  unknown: number;
  bins: number[];
}

export interface Download {
  running: boolean;
  received_bytes: number;
  total_bytes: number;
  sentence: string;
}

export interface Model {
  available: boolean;
  fetching_helps: boolean;
  sentence: string | null;
  model: string | null;
  weights: string;
  source: string;
  download: Download;
}

// -- between the page's modules ---------------------------------------------------------------------------------------

export type Connection = "connecting" | "live" | "polling" | "reconnecting" | "gone";

/** A frame of a stream; its id is that of the newest row of the log that was sent. */
export type Frame = { id: number } & Told;
type Told =
  | { name: "session"; data: Session }
  | { name: "heartbeat"; data: { last_event_id: number } }
  | { name: "file_complete"; data: Answer | { files: Answer[] } }
  | { name: "stage_start" | "stage_progress" | "stage_complete"; data: Checkpoint };

/** How far a stage is. */
export interface Checkpoint {
  stage: Stage;
  at?: Time | null;
  total_files?: number;
  processed_files?: number;
  failed_files?: number;
  skipped_files?: number;
  not_reached?: number;
}
export type Step = "configure" | "process" | "complete";

/** What can stand in an element: of null and undefined nothing is shown. */
export type Child = Node | string | null | undefined;
export type Attribute = string | number | boolean | null | undefined | ((event: Event) => unknown);

/** What can be done with files that a person chose in a list. */
export interface Choice {
  label: string;
  act: (button: HTMLButtonElement, message: HTMLElement, paths: string[]) => unknown;
}

/** Which failed files of a session to try again; all of them where it says nothing. */
export interface Narrowed {
  cause?: string;
  paths?: string[];
}

/** A class of files of a session. */
export interface Filters {
  outcome?: string;
  cause?: string;
  skipped?: string;
  incomplete?: boolean;
  returned?: boolean;
  prompt_verdict?: string;
  cursor?: string | null;
  limit?: number;
}

/** What becomes of pictures that may be NSFW. */
export type Veil = "show" | "blur" | "hide";

// -- the library ------------------------------------------------------------------------------------------------------

export interface FoundFile {
  path: string;
  kind: string;
  format: string;
  width: number | null;
  height: number | null;
  duration_seconds: number | null;
  taken_at: string | null;
  added_at: Time;
  size: number;
  title: string | null;
  score: number | null;
  is_nsfw: boolean | null;
  nsfw_probability: number | null;
  has_thumbnail: boolean;
  thumbnail_cause: string | null;
  incomplete: boolean;
  missing: boolean;
  camera: string | null;
  lens: string | null;
  model: string | null;
  sampler: string | null;
  seed: string | null;
  keywords: string[];
  session_id: string | null;
  pairs: PairedFile[];
  proposed: boolean;
  held?: boolean; // ours: an edit took it out of the search, or to another place in it
}

/** A file that is one picture with another. */
export interface PairedFile {
  path: string;
  kind: "live_photo" | "raw";
}

export interface Coverage {
  searched: number;
  of: number;
  missing: Record<string, number>;
}

export interface FoundFiles {
  files: FoundFile[];
  next: string | null;
  total: number;
  paired: number;
  total_is: "exact" | "counting";
  until: Time;
  new_files: number;
  nsfw_checked: number;
  coverage: Coverage;
  coverage_in_words: string;
}

export interface ValueCount {
  value: string | number | boolean | null;
  files: number;
}

export type Facets = Record<string, ValueCount[]>;

/** How many of the files found lie in a folder; `opens` where some lie in a folder below. */
export interface FolderCount {
  path: string;
  files: number;
  opens: boolean;
}

export interface FolderCounts {
  folders: FolderCount[];
  next: string | null;
  total: number;
}

export interface PeriodCount {
  at: string | null;
  files: number;
}

/** What may stand in a search from `start` up to `end`. */
export interface Completions {
  start: number;
  end: number;
  values: { text: string; files: number | null }[];
}

/** A column of the table. */
export interface TableColumn {
  title: string;
  rem: number;
  grow?: number;
  sort?: string;
  right?: boolean;
  text: (file: FoundFile) => string;
}

export type TileSize = "s" | "m" | "l" | "table";

/** Where a list was left: the number of its marked file, and of the first one in view. */
export interface Left {
  index: number;
  first: number;
}

/** That place, and which file is marked: it may have another number by now. */
export interface Place extends Left {
  path: string;
}

/** What the page of the library shows. */
export interface LibraryView {
  q: string;
  sort: string;
  order: string;
  size: TileSize;
  filters: boolean;
}

/** How a list is laid out, in px: `row` with its gap, `full` all rows, `view` what is seen of them. */
export interface Layout {
  columns: number;
  tile: number;
  row: number;
  gap: number;
  total: number;
  view: number;
  full: number;
}

/** The first file of a month or day; null of those without a date. */
export interface Mark {
  at: string | null;
  index: number;
}

/** The first and the last number of files side by side. */
export type Range = [number, number];

/** The files of a list by their number. */
export interface Slices {
  at(index: number): FoundFile | undefined;
  there(ranges: Range[]): Map<number, FoundFile> | null;
  unsettle(): void;
  settle(): void;
  filesIn(ranges: Range[]): Promise<Map<number, FoundFile>>;
  follow(changed: Map<number, FoundFile>): Promise<Followed | null>;
  want(from: number, end: number): void;
  stop(): void;
}

/** What a search finds after an edit, and how many files its list holds that it does not find where they are. */
export interface Followed {
  total: number;
  paired: number;
  held: number;
}

/** A file that looks like another one: `distance` in bits, of 64 or 1,024. */
export interface SimilarFile {
  path: string;
  distance: number;
  is_nsfw: boolean | null;
  has_thumbnail: boolean;
}

/** What files are alike by: bytes and pictures are equal or not, the others differ in a number of bits. */
export type AlikeBy = "bytes" | "picture" | "phash" | "features";

/** Which groups are asked for: the address of their page. */
export interface AlikeAsked {
  by: AlikeBy;
  max_distance: number | null;
  cursor: string | null;
  path: string | null;
}

/** What is said of a file of a group that lists do not show. */
export interface AlikeSaid {
  caption: string | null;
  creator: string | null;
  copyright: string | null;
  label: string | null;
  regions: number;
}

/** A file of a group: in how many bits the nearest other one differs. */
export interface AlikeFile {
  file: FoundFile;
  said: AlikeSaid;
  distance: number;
}

/** Files that are alike; `keep` is the one that is worth most. */
export interface AlikeGroup {
  files: AlikeFile[];
  number: number;
  keep: string;
  differs: string[];
}

export interface AlikeGroups {
  groups: AlikeGroup[];
  next: string | null;
  total: number;
  files: number;
  max_distance: number;
  widest: number;
  coverage: Coverage;
  rest: string[];
}

/** A line of a group: what its files have in it, "" for nothing, and which of them have most. */
export interface GroupLine {
  label: string;
  texts: string[];
  best: boolean[];
}

/** Files that a person keeps, each with its group, and the groups that are ticked; a group is known by its first file. */
export interface Judged {
  kept: Record<string, string>;
  ticked: string[];
}

/** A step of judging: its edit, null where it made none, and what stood before it of the files and groups that it changed. */
export interface JudgedStep {
  edit: number | null;
  sentence: string;
  kept: Record<string, string | null>;
  ticked: Record<string, boolean>;
}

/**
 * What a page did that it can undo itself: its edit, if it made one, and how it is taken back where no edit is undone by it:
 * there is none, it does not stand any more, or newer words forbid it.
 */
export interface OwnStep {
  edit: number | null;
  sentence: string;
  takeBack: () => unknown;
}

/** What the file that is kept got. */
export interface KeptOne {
  changed: number;
  undo: number | null;
  handed_on: NonNullable<Words["set"]> & { add_keywords?: string[] };
}

/** Which files a plan moves away. */
export interface PlanAsked {
  by: AlikeBy;
  format: "sh" | "csv";
  max_distance?: number;
  keepers?: string[];
  groups_of?: string[];
}

// -- what a person says of files --------------------------------------------------------------------------------------

/** What is said of files; null is "there is none". Times are moved by seconds, or get a zone ("+02:00", "Europe/Berlin"). */
export interface Words {
  set?: {
    score?: number | null;
    title?: string | null;
    caption?: string | null;
    creator?: string | null;
    copyright?: string | null;
    label?: string | null;
    taken_at?: string | null;
    keywords?: string[];
    nsfw?: boolean | null;
  };
  add_keywords?: string[];
  remove_keywords?: string[];
  release?: string[];
  accept?: string[];
  reject?: string[];
  shift_taken_at?: number;
  zone?: string;
}

/** What is said of one file of several. */
export interface EditOfOne {
  path: string;
  add_keywords: string[];
}

/** Which files it is said of: those at these paths, or all that a search finds. */
export type Meant = { paths: string[] } | { q: string };

/** What would become of a file: its fields that would change. */
export interface Foreseen {
  path: string;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
}

/** Files that an edit would leave as they are, and why. */
export interface LeftOut {
  cause: string;
  files: number;
}

/** The list that is shown. */
export interface ShownList {
  q: string;
  slices: Slices;
  size: number;
  pairs: "one" | "both";
}

/** What an edit came to; of one that was only tried, what it would come to. */
export interface Said {
  changed: number;
  undo: number | null;
  left: LeftOut[];
  preview?: Foreseen[];
}

/** The last edits, the newest first. */
export interface Edits {
  edits: LastEdit[];
}

/** An edit that can be undone, or was. */
export interface LastEdit {
  id: number;
  at: Time;
  sentence: string;
  files: number;
  undone_at: Time | null;
}

// -- proposals of keywords --------------------------------------------------------------------------------------------

/** A keyword that a file may get; `by` and `like` say how and of which file it is known, where the source is `similar`. */
export interface Proposal {
  text: string;
  source: "prompt" | "folder" | "similar" | "model";
  confidence: number | null;
  by: string | null;
  like: string | null;
}

export interface FileProposals {
  path: string;
  is_nsfw: boolean | null;
  has_thumbnail: boolean;
  keywords: string[];
  proposed: Proposal[];
  proposed_title: string | null;
  proposed_caption: string | null;
}

/** Where a word comes from, as a person tells them apart. */
export type Origin = Proposal["source"] | "copy" | "own";

/** A word of a file on the page of proposals. */
export interface BoardWord {
  text: string;
  origins: Origin[];
  confidence: number | null;
  like: string | null;
  ticked: boolean;
}

export interface BoardFile extends Omit<FileProposals, "proposed"> {
  words: BoardWord[];
}

export type Board = BoardFile[];

// -- what models said of files ----------------------------------------------------------------------------------------

/** What models propose for a file, and nobody has judged. */
export interface ProposedByModel {
  title: string | null;
  caption: string | null;
  keywords: string[];
}

export interface SaidByModel {
  template: string;
  provider: string;
  model: string;
  cost_usd: number | null;
  at: string;
  output: Record<string, unknown>;
}

export interface FileDescribed {
  path: string;
  is_nsfw: boolean | null;
  has_thumbnail: boolean;
  title: string | null;
  caption: string | null;
  own: string[];
  keywords: string[];
  proposed: ProposedByModel;
  said: SaidByModel | null;
}

/** What stands in the fields of a review; keywords one on each line. */
export interface InFields {
  title: string;
  caption: string;
  keywords: string;
}

// -- a folder against the library -------------------------------------------------------------------------------------

/** What the library holds of a file of the folder. */
export type Holding =
  | "in_library"
  | "file_missing"
  | "same_picture"
  | "not_in_library"
  | "not_media"
  | "unreadable";

export interface Compared {
  comparing: false;
  directory: string;
  safe: boolean;
  sentence: string;
  rehashed: boolean;
  files: number;
  in_library: number;
  file_missing: number;
  only_here: number;
  same_picture: number;
  not_in_library: number;
  not_media: number;
  unreadable: number;
  sidecars: number;
  read_again: number;
  age_seconds: number;
}

export interface Comparing {
  comparing: true;
  directory: string;
  rehashed: boolean;
  done: number;
  of: number | null;
}

export interface ComparedFile {
  path: string;
  reason: string | null;
  size: number | null;
  sidecars: number;
  copy: string | null;
}

export interface WriteTarget {
  to: string;
  available: boolean;
  why_not: string | null;
}

export interface LastWrite {
  undo: string;
  at: string;
  to: string;
  files: number;
}

export interface Writing {
  targets: WriteTarget[];
  sidecar_dir: string;
  last: LastWrite | null;
}

export interface WrittenChange {
  field: string;
  now: unknown;
  then: unknown;
}

export interface FileWritten {
  path: string;
  target: string | null;
  outcome: string;
  cause: string | null;
  reason: string | null;
  changes: WrittenChange[];
}

export interface MetadataWritten {
  to: string;
  dry_run: boolean;
  counts: Record<string, number>;
  undo: string | null;
  files: FileWritten[];
}
