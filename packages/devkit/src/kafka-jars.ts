import { mavenJars } from './maven-jars.js';

const kafkaVersion = '4.1.0';

/** Kafka's own jars. */
export const kafkaJars = mavenJars({
  name: `kafka-${kafkaVersion}`,
  dependencies: [`org.apache.kafka:kafka_2.13:${kafkaVersion}`, 'org.slf4j:slf4j-simple:1.7.36'],
});
