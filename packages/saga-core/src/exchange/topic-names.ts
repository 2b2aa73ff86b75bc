/** Names on the broker, the same for whoever asks: ACLs are written against them. */
export function commandTopic(participant: string): string {
  return `${participant}.commands`;
}

/** One a participant: the broker's ACLs then say who may answer. */
export function replyTopic(orchestrator: string, participant: string): string {
  return `${orchestrator}.replies.${participant}`;
}

export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}
