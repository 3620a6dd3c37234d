/** How a question or a raised hand stands. */
export type QuestionState = 'new' | 'accepted' | 'answered' | 'dismissed';

/** Where an operator may move a question: what was decided can be decided otherwise. */
export const QUESTION_MOVES: Readonly<Record<QuestionState, readonly QuestionState[]>> = {
  new: ['accepted', 'answered', 'dismissed'],
  accepted: ['answered', 'dismissed', 'new'],
  answered: ['accepted', 'dismissed'],
  dismissed: ['new', 'accepted'],
};

/** Everybody in the room may see a question of this state; hands and all others are the operator's and the asker's alone. */
export const PUBLIC_STATE: QuestionState = 'answered';

/** Somebody asks in words, or wants to speak. */
export type QuestionKind = 'question' | 'hand';
