/**
 * The VPC of the cache and of the Lambdas that talk to it. No NAT: gateway endpoints of DynamoDB and S3 cost nothing,
 * and the one interface endpoint that is needed (SQS, for the sweeper) costs less than half of one NAT gateway an hour.
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

export interface Network {
  readonly vpc: IVpc;
  readonly lambdas: SecurityGroup;
  readonly cache: SecurityGroup;
}

/** Not the default port, which scanners try first. */
export const cachePort = 6380;

export function addNetwork(parent: Construct, { name, vpcCidr, cluster, logRetention }: Environment): Network {
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
  const flowLogs = new LogGroup(scope, 'FlowLogs', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY });
  vpc.addFlowLog('FlowLog', { destination: FlowLogDestination.toCloudWatchLogs(flowLogs) });

  const group = (id: string, description: string): SecurityGroup =>
    new SecurityGroup(scope, id, { vpc, description, allowAllOutbound: false });
  const lambdas = group('Lambdas', 'Lambdas of Job Tickets');
  const cache = group('Cache', 'Valkey of Job Tickets');
  const endpoints = group('Endpoints', 'Interface endpoints of Job Tickets');

  lambdas.connections.allowTo(cache, Port.tcp(cachePort), 'the feed');
  lambdas.connections.allowTo(endpoints, Port.tcp(443), 'SQS');
  // DynamoDB behind its gateway endpoint keeps its public addresses; no route leads to any other.
  lambdas.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'DynamoDB');
  cache.addIngressRule(Peer.ipv4(cluster.vpcCidr), Port.tcp(cachePort), 'the pods');
  vpc.addInterfaceEndpoint('Sqs', { service: InterfaceVpcEndpointAwsService.SQS, securityGroups: [endpoints], open: false });

  if (cluster.vpcId !== undefined) addPeering(scope, vpc, { vpcId: cluster.vpcId, vpcCidr: cluster.vpcCidr });
  return { vpc, lambdas, cache };
}

/** The way back is a route in the cluster's VPC, which is not ours to write; docs/deployment.md has the command. */
function addPeering(scope: Construct, vpc: IVpc, cluster: { readonly vpcId: string; readonly vpcCidr: string }): void {
  const peering = new CfnVPCPeeringConnection(scope, 'Peering', { vpcId: vpc.vpcId, peerVpcId: cluster.vpcId });
  for (const [index, { routeTable }] of vpc.isolatedSubnets.entries()) {
    new CfnRoute(scope, `RouteToCluster${index}`, {
      routeTableId: routeTable.routeTableId,
      destinationCidrBlock: cluster.vpcCidr,
      vpcPeeringConnectionId: peering.ref,
    });
  }
}
