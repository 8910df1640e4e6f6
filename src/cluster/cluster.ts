export type { Cluster, ClusterColumn } from '../engines/cluster.js'
