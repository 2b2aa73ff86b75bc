/** The same face with `trx` bound to knex's transaction. Types only: the user's own knex is never imported. */
import type { Knex } from 'knex';
import { type SagaFunction, sagaOn } from '../definition/saga.js';
import { type ParticipantFunction, participantOn } from '../participant/participant.js';

export const saga: SagaFunction<Knex.Transaction> = sagaOn<Knex.Transaction>();
export const participant: ParticipantFunction<Knex.Transaction> = participantOn<Knex.Transaction>();
// What the two answer has to have a name here: a project that writes declarations and imports nothing else would be refused (TS2883).
export type { Saga } from '../definition/step-list.js';
export type { Participant } from '../participant/participant.js';
