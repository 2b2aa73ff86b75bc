export const kafkaDrivers = ['kafkajs', 'platformatic'] as const;
export type KafkaDriver = (typeof kafkaDrivers)[number];

export function isKafkaDriver(name: string): name is KafkaDriver {
  return kafkaDrivers.some((driver) => driver === name);
}
