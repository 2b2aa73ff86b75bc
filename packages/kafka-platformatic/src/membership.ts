import { spreadPartitions, type PartitionOffset, type TopicPartition } from '@backstitch/kafka-driver';
import {
  type Broker,
  heartbeatV4,
  joinGroupV6,
  type joinGroupV7,
  leaveGroupV4,
  offsetCommitV8,
  syncGroupV4,
} from '@platformatic/kafka';
import { byTopic } from './by-topic.js';
import { clientError, KafkaClientError } from './client-error.js';
import type { Cluster, Question } from './cluster.js';
import { committedOffsets } from './committed-offsets.js';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  groupProtocols,
} from './group-protocol.js';
import type { PartitionMap } from './partition-map.js';

type JoinAnswer = Awaited<ReturnType<typeof joinGroupV7.api.async>>;

export interface MembershipOptions {
  readonly cluster: Cluster;
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** Beyond what the broker itself may take, for the way there and back. */
const graceMs = 5000;
const protocolType = 'consumer';
const noInstance = null;

/**
 * One member's conversation with its group's coordinator. It joins when it is told to and never by itself: the client's own consumer joins anew
 * in the moment in which it hears of a rebalance, and the partitions change hands under a handler that still runs.
 */
export class Membership {
  readonly #options: MembershipOptions;
  #coordinator: Broker | undefined;
  #memberId = '';
  #generation = -1;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Joins, and as the leader gives all members their partitions. Answers its own. */
  async enter(): Promise<TopicPartition[]> {
    const joined = await this.#join();
    this.#memberId = joined.memberId ?? '';
    this.#generation = joined.generationId;
    const assignments = joined.leader === this.#memberId ? await this.#assign(joined) : [];
    const { group, rebalanceTimeoutMs } = this.#options;
    const { assignment } = await this.#ask(
      (on) =>
        syncGroupV4.api.async(
          on,
          group,
          this.#generation,
          this.#memberId,
          noInstance,
          protocolType,
          joined.protocolName,
          assignments,
        ),
      rebalanceTimeoutMs + graceMs,
    );
    return decodeAssignment(assignment);
  }

  async beat(): Promise<void> {
    const { group, sessionTimeoutMs } = this.#options;
    await this.#ask(
      (on) => heartbeatV4.api.async(on, group, this.#generation, this.#memberId, noInstance),
      sessionTimeoutMs / 2,
    );
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    const { group, sessionTimeoutMs } = this.#options;
    const topics = byTopic(offsets).map(([name, of]) => ({
      name,
      partitions: of.map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: -1,
      })),
    }));
    const [generation, memberId] = [this.#generation, this.#memberId];
    await this.#ask(
      (on) => offsetCommitV8.api.async(on, group, generation, memberId, noInstance, topics),
      sessionTimeoutMs / 2,
    );
  }

  async committed(partitions: readonly TopicPartition[]): Promise<PartitionMap<bigint>> {
    const { cluster, group, sessionTimeoutMs } = this.#options;
    const coordinator = await this.#findCoordinator();
    return committedOffsets(cluster, { coordinator, group, partitions, timeoutMs: sessionTimeoutMs });
  }

  async leave(): Promise<void> {
    const memberId = this.#memberId;
    this.#memberId = '';
    if (memberId === '') return;
    const { group, sessionTimeoutMs } = this.#options;
    await this.#ask((on) => leaveGroupV4.api.async(on, group, [{ memberId }]), sessionTimeoutMs);
  }

  /** Comes back as somebody new: the group does not know this one any more. */
  forget(): void {
    this.#memberId = '';
    this.#generation = -1;
  }

  async #join(): Promise<JoinAnswer> {
    const { group, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const metadata = encodeSubscription(topics);
    const protocols = groupProtocols.map((name) => ({ name, metadata }));
    const join: Question<JoinAnswer> = (on) =>
      joinGroupV6.api.async(
        on,
        group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        this.#memberId,
        noInstance,
        protocolType,
        protocols,
      );
    // The broker answers when all others have come, and so late.
    const patienceMs = Math.max(sessionTimeoutMs, rebalanceTimeoutMs) + graceMs;
    try {
      return await this.#ask(join, patienceMs);
    } catch (error) {
      const memberId = givenMemberId(error);
      if (memberId === undefined) throw error;
      this.#memberId = memberId;
      return this.#ask(join, patienceMs);
    }
  }

  async #assign({ members }: JoinAnswer) {
    const subscribed = members.map(({ memberId, metadata }) => ({
      id: memberId,
      topics: decodeSubscription(metadata),
    }));
    const topics = [...new Set(subscribed.flatMap((member) => member.topics))];
    const leaders = await this.#options.cluster.leaders(topics);
    const partitions = new Map([...leaders].map(([topic, list]) => [topic, [...list.keys()]]));
    return [...spreadPartitions(subscribed, partitions)].map(([memberId, share]) => ({
      memberId,
      assignment: encodeAssignment(share),
    }));
  }

  async #ask<T>(question: Question<T>, timeoutMs: number): Promise<T> {
    const coordinator = await this.#findCoordinator();
    try {
      return await this.#options.cluster.ask(coordinator, question, timeoutMs);
    } catch (error) {
      const { type } = clientError(error);
      // No answer at all, or one of a broker that is not in charge: whoever is in charge is looked for anew.
      if (type === undefined || type === 'NOT_COORDINATOR' || type === 'COORDINATOR_NOT_AVAILABLE')
        this.#coordinator = undefined;
      throw error;
    }
  }

  async #findCoordinator(): Promise<Broker> {
    this.#coordinator ??= await this.#options.cluster.coordinator(this.#options.group);
    return this.#coordinator;
  }
}

/** A first join is refused with the id to join with. */
function givenMemberId(error: unknown): string | undefined {
  if (!(error instanceof KafkaClientError) || error.type !== 'MEMBER_ID_REQUIRED') return undefined;
  const { cause } = error;
  const answer = typeof cause === 'object' && cause !== null && 'response' in cause ? cause.response : undefined;
  const memberId = typeof answer === 'object' && answer !== null && 'memberId' in answer ? answer.memberId : undefined;
  return typeof memberId === 'string' ? memberId : undefined;
}
