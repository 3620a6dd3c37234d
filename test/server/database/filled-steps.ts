/** What a small library had written into the tables of each step by the time the next one came. */
export const FILLED_STEPS: Readonly<Record<string, readonly string[]>> = {
  '0001-catalogue': ['plum', 'tea', 'bamboo'].flatMap((id) => [
    `INSERT INTO courseware (id, title, description, series, publication, created_at, updated_at, revision)
       VALUES ('${id}', '${id}', '', '${id === 'tea' ? '茶叶' : '乡土课堂'}', 'published', ${id.length}, 1, 1)`,
    `INSERT INTO courseware_tag (courseware_id, tag, position) VALUES ('${id}', '乡土', 0)`,
    `INSERT INTO version (id, courseware_id, number, place, production, generation, is_playable, progress, warnings,
       duration, source_name, source_bytes, created_at)
       VALUES ('${id}', '${id}', 1, 'current', '${id === 'tea' ? 'transcoding' : 'ready'}', '${id}', 1, 1, '[]', 60,
         'a.mp4', 1, 1)`,
    `INSERT INTO courseware_history (courseware_id, revision, at, actor, field) VALUES ('${id}', 1, 1, 'x', 'created')`,
    `INSERT INTO courseware_history (courseware_id, revision, at, actor, field, before_value, after_value)
       VALUES ('${id}', 1, 77, 'x', 'publication', 'approved', 'published')`,
  ]),
  '0002-jobs': [
    `INSERT INTO job (generation, name, kind, payload, priority, waits_for_rest, state, attempts, progress, run_at,
       lease_token, created_at, updated_at) VALUES ('tea', 'prepare', 'prepare', '{}', 1, 0, 'queued', 0, 0, 1, 0, 1, 1)`,
  ],
  '0003-accounts': [
    "INSERT INTO administrator (id, password_hash, created_at, changed_at) VALUES (1, 'x', 1, 1)",
    "INSERT INTO session (id_hash, created_at, last_seen_at) VALUES ('s', 1, 1)",
    "INSERT INTO api_token (id, name, token_hash, created_at) VALUES ('t', 'import', 'h', 1)",
    "INSERT INTO failed_sign_in (subject, at) VALUES ('10.0.0.1', 1)",
    "INSERT INTO known_address (address, last_sign_in_at) VALUES ('10.0.0.1', 1)",
  ],
  '0004-repeated-requests': [
    `INSERT INTO repeatable_creation (actor, request_key, fingerprint, courseware_id, at)
       VALUES ('import', 'key', 'f', 'plum', 1)`,
  ],
  '0005-captions': [
    `INSERT INTO caption (courseware_id, language, label, kind, origin, is_hidden, is_edited, offset_ms, stretch, file_name,
       file_bytes, format, charset, cue_count, problems, edition, folder, piece_count, objects, changed_at)
       VALUES ('plum', 'zh-Hans', '简体中文', 'subtitles', 'uploaded', 0, 0, 0, 1, 'a.srt', 1, 'srt', 'utf-8', 1, '[]', 'e',
         'captions/plum/', 1, '[]', 1)`,
  ],
  '0006-pictures': ["INSERT INTO chapter_list (courseware_id, chapters) VALUES ('plum', '[]')"],
  '0012-library': [
    "INSERT INTO category (code, name, rank) VALUES ('02', '农业', 1)",
    "INSERT INTO category (code, name, parent_code, rank) VALUES ('0203', '果树', '02', 2)",
    "INSERT INTO person (id, name) VALUES ('p1', '讲课人甲')",
    "INSERT INTO region (id, code, name, level, path) VALUES ('330600', '330600', '绍兴市', 'city', '/330600/')",
    `INSERT INTO region (id, code, name, level, parent_id, path)
       VALUES ('330683', '330683', '嵊州市', 'county', '330600', '/330600/330683/')`,
    "INSERT INTO unit (id, name, kind, region_id) VALUES ('u1', '农业局', 'department', '330683')",
    "UPDATE courseware SET category_code = '0203', region_id = '330683', producer_id = 'u1', code = 'A' WHERE id = 'plum'",
    "INSERT INTO tag_alias (alias, tag) VALUES ('本土', '乡土')",
    "INSERT INTO courseware_presenter (courseware_id, person_id, position) VALUES ('plum', 'p1', 0)",
    "INSERT INTO courseware_label (courseware_id, facet, value, position) VALUES ('plum', 'month', '6', 0)",
    `INSERT INTO topic (id, title, state, rank, created_at, updated_at) VALUES ('t1', '冬训', 'open', 1, 1, 1)`,
    "INSERT INTO topic_item (topic_id, courseware_id, position) VALUES ('t1', 'plum', 1)",
    `INSERT INTO collection_history (kind, collection_id, revision, at, actor, field)
       VALUES ('topic', 't1', 1, 1, 'x', 'created')`,
    "INSERT INTO courseware_use (courseware_id, views, plays) VALUES ('plum', 2, 3)",
    "INSERT INTO play_event (id, courseware_id, at) VALUES ('e1', 'plum', 1)",
    "INSERT INTO viewing (courseware_id, viewer, day) VALUES ('plum', 'hall', '2026-01-01')",
    "INSERT INTO favourite (owner, courseware_id, at) VALUES ('hall', 'plum', 1)",
    "INSERT INTO saved_list (id, owner, title, created_at, updated_at) VALUES ('l1', 'hall', '夜校', 1, 1)",
    "INSERT INTO saved_list_item (list_id, courseware_id, position) VALUES ('l1', 'plum', 1)",
    "INSERT INTO tombstone (courseware_id, title, sets, at) VALUES ('gone', '旧课', '{}', 1)",
  ],
  '0013-search': [
    `INSERT INTO search_item (number, courseware_id, change, edition, is_gone, digest, publication, published_at, title, tags,
       about, description, syllables, title_boundaries, title_sort, facets)
       VALUES (1, 'plum', 1, 1, 0, 'd', 'published', 1, '', '', '', '', '', '', '', '{}')`,
    "INSERT INTO search_miss (query, shown, times, first_at, last_at) VALUES ('火星', '火星', 1, 1, 1)",
    `INSERT INTO transcript (courseware_id, language, number, slot, edition, minutes) VALUES ('plum', 'zh', 1, 0, 'e', 1)`,
  ],
  '0016-intake': [
    `INSERT INTO intake (folder, file, size_bytes, modified_ms, courseware_id, state, at)
       VALUES ('/片库', '杨梅.mp4', 1, 1, 'plum', 'taken', 1)`,
    "INSERT INTO intake_keeper (folder, keeper, until) VALUES ('/片库', 'nobody', 1)",
  ],
  '0018-live-classes': [
    "INSERT INTO live_recurrence (id, pattern, created_at) VALUES ('every-week', 'weekly', 1)",
    `INSERT INTO live_class (id, number, token, recurrence_id, title, description, lecturers, audience, tags, planned_start,
       planned_end, source, courseware_id, ladder, latency, records, asks_questions, wants_receipt, grace_seconds,
       overrun_minutes, state, recording_id, created_at, updated_at, revision)
       VALUES ('bell', 1, 'tokentokentokentoken', 'every-week', '直播课堂', '', '[]', '[]', '[]', 1, 2, 'simulive', 'tea',
         'source', 'low', 1, 1, 1, 120, 30, 'recorded', 'plum', 1, 1, 1)`,
    "INSERT INTO live_history (class_id, revision, at, actor, field) VALUES ('bell', 1, 1, 'x', 'created')",
    `INSERT INTO live_key (class_id, role, key_hash, issued_at) VALUES ('bell', 'main', '${'0'.repeat(64)}', 1)`,
    "INSERT INTO live_session (id, class_id, role, address, started_at) VALUES ('s1', 'bell', 'main', '10.0.0.1', 1)",
    `INSERT INTO live_refusal (address, why, class_id, times, first_at, last_at)
       VALUES ('10.0.0.9', 'unknown-key', '', 1, 1, 1)`,
    "INSERT INTO live_interval (class_id, from_ms, until_ms) VALUES ('bell', 1, 2)",
    `INSERT INTO live_slide (id, class_id, position, image, content_type, width, height, size_bytes, created_at)
       VALUES ('p1', 'bell', 1, 'live/p1.png', 'image/png', 1, 1, 1, 1)`,
    "INSERT INTO live_mark (id, class_id, kind, at, slide_id, created_at) VALUES ('m1', 'bell', 'slide', 1, 'p1', 1)",
  ],
  '0019-live-room': [
    "INSERT INTO live_room (class_id, touched_at) VALUES ('bell', 1)",
    `INSERT INTO live_participant (class_id, participant, first_at, last_at, credit_ms, played)
       VALUES ('bell', 'p', 1, 2, 0, '1 30000')`,
    `INSERT INTO live_receipt (class_id, participant, hall, members, at, changed_at)
       VALUES ('bell', 'p', '西白山村', 14, 1, 1)`,
    "INSERT INTO live_invitation (class_id, hall, at) VALUES ('bell', '西白山村', 1)",
    `INSERT INTO live_question (id, class_id, participant, kind, text, state, at)
       VALUES ('q1', 'bell', 'p', 'question', '几时采？', 'new', 1)`,
    `INSERT INTO live_attendance (class_id, hall, is_invited, devices, watched_ms)
       VALUES ('bell', '西白山村', 1, 1, 30000)`,
  ],
};

/** The same where the two databases differ. */
export const FILLED_BY_DIALECT: Readonly<
  Record<'sqlite' | 'postgres', Readonly<Record<string, readonly string[]>>>
> = {
  sqlite: {
    '0013-search': [
      "INSERT INTO spoken_minute (id, cues) VALUES (65536, '[]')",
      "INSERT INTO spoken_words (rowid, words) VALUES (65536, '杨梅')",
    ],
  },
  postgres: {
    '0013-search': [
      "INSERT INTO spoken_minute (id, cues, words) VALUES (65536, '[]', to_tsvector('simple', '杨梅'))",
    ],
  },
};

/** Indexes that a step took away on purpose: their column is gone, or what they enforced is not wanted any more. */
export const DROPPED_INDEXES: Readonly<Record<string, readonly string[]>> = {
  '0012-library': ['courseware_series'],
  '0014-shared-makings': ['version_generation_key'],
  '0017-front-page': ['courseware_by_publishing'],
};
