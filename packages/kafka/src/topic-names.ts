/** Where a participant reads its commands. */
export function commandTopic(participant: string): string {
  return `${participant}.commands`;
}

/** Where an orchestrator reads one participant's replies. One topic each, so that the broker's ACLs say who may answer. */
export function replyTopic(orchestrator: string, participant: string): string {
  return `${orchestrator}.replies.${participant}`;
}

/** Where records of a topic go that nobody can process. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}
