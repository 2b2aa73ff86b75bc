import { mavenJars } from './maven-jars.js';

// The newest that Maven Central has whole: the parent of 3.7.1.Final is missing there. It runs on Java 17.
const debeziumVersion = '3.7.0.Final';
/** What that Debezium is built against. */
const connectVersion = '4.3.1';

/** Debezium's connector for Postgres, and Kafka Connect to run it. */
export const debeziumJars = mavenJars({
  name: `debezium-${debeziumVersion}`,
  dependencies: [
    `io.debezium:debezium-connector-postgres:${debeziumVersion}`,
    `org.apache.kafka:connect-runtime:${connectVersion}`,
    `org.apache.kafka:connect-transforms:${connectVersion}`,
    'org.slf4j:slf4j-simple:1.7.36',
  ],
});
