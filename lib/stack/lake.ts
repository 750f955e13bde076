import { Duration, type RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { compileTemplate } from '../../lambda/template/compile.ts';
import { defaultTemplate } from '../../lambda/template/deployed.ts';
import { athenaMinBytes } from '../aws/billing.ts';
import { TableError } from '../lake/column.ts';
import { eventsFolder, partitionColumn, partitionFormat } from '../lake/layout.ts';
import { namedQueries } from '../lake/named-queries.ts';
import { type EventTable, tableName, tableOf } from '../lake/table.ts';
import type { CheckedTemplate } from '../template/check-template.ts';
import { createBucket } from './bucket-delivery-stream.ts';
import { PropError } from './prop-checks.ts';

/** Properties of the table of the events. */
export interface LakeOptions {
  /**
   * Whether there is a table of the events in the created bucket, with a workgroup of Athena and saved queries. It costs
   * nothing until a query runs.
   *
   * @default false
   */
  readonly lake?: boolean;

  /**
   * Data that a query may read before Athena cancels it: a guard against its bill. At least 10 MB, as Athena bills.
   *
   * @default Size.gibibytes(1)
   */
  readonly lakeScanLimit?: Size;
}

interface LakeProps {
  readonly bucket: IBucket;
  /** @default - the default template */
  readonly template?: CheckedTemplate | undefined;
  /** The names of database and workgroup are made of it: unique in the account. */
  readonly namePrefix: string;
  /** The table begins before the oldest object. */
  readonly objectExpiration: Duration;
  /** Of the results of queries. */
  readonly removalPolicy: RemovalPolicy;
  readonly lakeScanLimit?: Size | undefined;
}

/** A Glue table over the events in the bucket, and an Athena workgroup with saved queries. */
export class Lake extends Construct {
  /** Bucket of the results: private, TLS only, encrypted; they expire after seven days. */
  readonly results: Bucket;

  /** Name of the Glue database. */
  readonly databaseName: string;

  /** Name of the workgroup. */
  readonly workGroupName: string;

  /**
   * @throws PropError if the template has no columns, or Athena refuses the limit.
   * @internal
   */
  constructor(scope: Construct, id: string, props: LakeProps) {
    super(scope, id);
    const scanLimit = props.lakeScanLimit ?? Size.gibibytes(1);
    if (scanLimit.toBytes() < athenaMinBytes) {
      throw new PropError(
        scope,
        `lakeScanLimit is ${scanLimit.toBytes()} bytes: expected at least ${athenaMinBytes}, for example Size.gibibytes(10)`,
      );
    }
    const table = eventTable(scope, props.template);
    this.databaseName = props.namePrefix.toLowerCase().replace(/[^a-z0-9]/g, '_');
    this.workGroupName = props.namePrefix.replace(/[^A-Za-z0-9._-]/g, '-');
    this.results = createBucket(this, 'Results', 'query results', Duration.days(7), props.removalPolicy);
    const { account } = Stack.of(this);
    const database = new CfnDatabase(this, 'Database', {
      catalogId: account,
      databaseInput: { name: this.databaseName, description: 'Events of the Firehose event producer.' },
    });
    new CfnTable(this, 'Table', {
      catalogId: account,
      databaseName: database.ref,
      tableInput: tableInput(table, props.bucket, projectionStart(props.objectExpiration)),
    });
    const workGroup = new CfnWorkGroup(this, 'WorkGroup', {
      name: this.workGroupName,
      description: 'Queries of the events of the Firehose event producer.',
      // Else a workgroup to which a user added a query could not be deleted with its stack.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        bytesScannedCutoffPerQuery: scanLimit.toBytes(),
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: false,
        requesterPaysEnabled: false,
        resultConfiguration: {
          outputLocation: this.results.s3UrlForObject('results/'),
          expectedBucketOwner: account,
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
    for (const { name, description, sql } of namedQueries(table)) {
      new CfnNamedQuery(this, `Query-${name}`, {
        name,
        description,
        database: database.ref,
        workGroup: workGroup.ref,
        queryString: sql,
      });
    }
  }
}

/** @throws PropError if the template has no columns. */
function eventTable(scope: Construct, template: CheckedTemplate | undefined): EventTable {
  try {
    return tableOf(template?.template ?? compileTemplate(defaultTemplate));
  } catch (error) {
    if (error instanceof TableError) {
      throw new PropError(
        scope,
        `lake is on, but eventTemplate has no columns: ${error.message}, or leave lake out`,
      );
    }
    throw error;
  }
}

/** The first hour of the year in which the oldest object may have landed. */
function projectionStart(objectExpiration: Duration): string {
  const oldest = new Date(Date.now() - objectExpiration.toMilliseconds());
  return `${oldest.getUTCFullYear()}-01-01-00`;
}

/**
 * The table, for Glue. Partition projection: no crawler, and no partition has to be added.
 *
 * @see https://docs.aws.amazon.com/athena/latest/ug/partition-projection-kinesis-firehose-example.html
 */
function tableInput(table: EventTable, bucket: IBucket, firstHour: string): CfnTable.TableInputProperty {
  const location = bucket.s3UrlForObject(eventsFolder);
  return {
    name: tableName,
    description: 'A row for each line of the objects; NULL in each column where a line is not an event.',
    tableType: 'EXTERNAL_TABLE',
    partitionKeys: [
      {
        name: partitionColumn,
        type: 'string',
        comment: 'UTC hour in which Firehose got the oldest event of the object',
      },
    ],
    parameters: {
      EXTERNAL: 'TRUE',
      'projection.enabled': 'true',
      [`projection.${partitionColumn}.type`]: 'date',
      [`projection.${partitionColumn}.format`]: partitionFormat,
      [`projection.${partitionColumn}.range`]: `${firstHour},NOW`,
      [`projection.${partitionColumn}.interval`]: '1',
      [`projection.${partitionColumn}.interval.unit`]: 'HOURS',
      'storage.location.template': `${location}${partitionColumn}=\${${partitionColumn}}/`,
    },
    storageDescriptor: {
      columns: table.columns.map(({ name, type }) => ({ name, type })),
      location,
      inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
      outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
      compressed: true,
      serdeInfo: {
        serializationLibrary: 'org.apache.hadoop.hive.serde2.RegexSerDe',
        parameters: { 'input.regex': table.pattern, 'serialization.format': '1' },
      },
    },
  };
}
