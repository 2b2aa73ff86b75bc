/** The same face with `trx` bound to knex's transaction. Types only: the user's own knex is never imported. */
import type { Knex } from 'knex';
import { type SagaFunction, sagaOn } from '../definition/saga.js';
import { type ParticipantFunction, participantOn } from '../participant/participant.js';

export const saga: SagaFunction<Knex.Transaction> = sagaOn<Knex.Transaction>();
export const participant: ParticipantFunction<Knex.Transaction> = participantOn<Knex.Transaction>();
