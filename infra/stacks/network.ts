/**
 * The VPC of the cache and of the Lambdas that talk to it. It has no NAT: gateway endpoints of DynamoDB and S3 are free, and
 * the two interface endpoints that are needed (SQS, and Secrets Manager for the cache's password) cost less than NAT gateways.
 * The cluster has a VPC of its own; the two are peered.
 */
import { RemovalPolicy, Tags } from 'aws-cdk-lib';
import {
  CfnRoute,
  CfnVPCPeeringConnection,
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
  type IVpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { isVpc } from './interfaces.ts';
import { logRetention } from './logRetention.ts';

export interface Network {
  readonly vpc: IVpc;
  readonly lambdas: SecurityGroup;
  readonly cache: SecurityGroup;
}

/** Not the default port, which scanners try first. */
export const cachePort = 6380;

export function addNetwork(parent: Construct, { name, vpcCidr, cluster, logRetentionDays }: Environment): Network {
  const scope = new Construct(parent, 'Network');
  const vpc = new Vpc(scope, 'Vpc', {
    ipAddresses: IpAddresses.cidr(vpcCidr),
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
    gatewayEndpoints: {
      DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      S3: { service: GatewayVpcEndpointAwsService.S3 },
    },
  });
  if (!isVpc(vpc)) throw new Error('a VPC that is none');
  Tags.of(vpc).add('Name', `job-tickets-${name}`);
  const flowLogs = new LogGroup(scope, 'FlowLogs', { retention: logRetention[logRetentionDays], removalPolicy: RemovalPolicy.DESTROY });
  vpc.addFlowLog('FlowLog', { destination: FlowLogDestination.toCloudWatchLogs(flowLogs) });

  const group = (id: string, description: string): SecurityGroup =>
    new SecurityGroup(scope, id, { vpc, description, allowAllOutbound: false });
  const lambdas = group('Lambdas', 'Lambdas of Job Tickets');
  const cache = group('Cache', 'Valkey of Job Tickets');
  const endpoints = group('Endpoints', 'Interface endpoints of Job Tickets');

  lambdas.connections.allowTo(cache, Port.tcp(cachePort), 'the feed');
  lambdas.connections.allowTo(endpoints, Port.tcp(443), 'SQS and Secrets Manager');
  // DynamoDB keeps its public addresses behind its gateway endpoint; there is no route to any other address.
  lambdas.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'DynamoDB');
  cache.addIngressRule(Peer.ipv4(cluster.vpcCidr), Port.tcp(cachePort), 'the pods');
  vpc.addInterfaceEndpoint('Sqs', { service: InterfaceVpcEndpointAwsService.SQS, securityGroups: [endpoints], open: false });
  const secretsManager = InterfaceVpcEndpointAwsService.SECRETS_MANAGER;
  vpc.addInterfaceEndpoint('SecretsManager', { service: secretsManager, securityGroups: [endpoints], open: false });

  const { vpcId, routeTables = [] } = cluster;
  if (vpcId !== undefined) addPeering(scope, vpc, { ...cluster, vpcId, routeTables, ownCidr: vpcCidr });
  return { vpc, lambdas, cache };
}

interface Peering {
  readonly vpcId: string;
  readonly vpcCidr: string;
  readonly routeTables: readonly string[];
  readonly ownCidr: string;
}

/** Routes in both directions: those in the cluster's route tables are made here too, so that they are deleted with this stack. */
function addPeering(scope: Construct, vpc: IVpc, { vpcId, vpcCidr, routeTables, ownCidr }: Peering): void {
  const peering = new CfnVPCPeeringConnection(scope, 'Peering', { vpcId: vpc.vpcId, peerVpcId: vpcId });
  const addRoute = (id: string, routeTableId: string, destinationCidrBlock: string): CfnRoute =>
    new CfnRoute(scope, id, { routeTableId, destinationCidrBlock, vpcPeeringConnectionId: peering.ref });
  for (const [index, { routeTable }] of vpc.isolatedSubnets.entries()) addRoute(`RouteToCluster${index}`, routeTable.routeTableId, vpcCidr);
  for (const [index, routeTable] of routeTables.entries()) addRoute(`RouteFromCluster${index}`, routeTable, ownCidr);
}
