import {
  type ColumnDefinitionNode,
  type KyselyPlugin,
  type OperationNode,
  OperationNodeTransformer,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  RawNode,
  type RootOperationNode,
  type UnknownRow,
} from 'kysely'

/**
 * The types of columns as migrations name them, and what is the same in PostgreSQL: text in the order of
 * its bytes whatever the locale, and integers of 64 bits.
 */
const types: Readonly<Record<string, string>> = {
  text: 'text collate "C"',
  blob: 'bytea',
  integer: 'bigint',
}

class PortableTypes extends OperationNodeTransformer {
  protected override transformColumnDefinition(node: ColumnDefinitionNode): ColumnDefinitionNode {
    const { dataType } = node
    const type = isDataType(dataType) ? types[dataType.dataType] : undefined
    const column = super.transformColumnDefinition(node)
    return type === undefined ? column : { ...column, dataType: RawNode.createWithSql(type) }
  }
}

function isDataType(node: OperationNode): node is OperationNode & { dataType: string } {
  return node.kind === 'DataTypeNode' && 'dataType' in node && typeof node.dataType === 'string'
}

/** Writes the tables of migrations in the types of PostgreSQL. */
export function portableTypes(): KyselyPlugin {
  const transformer = new PortableTypes()
  return {
    transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
      const isSchema = node.kind === 'CreateTableNode' || node.kind === 'AlterTableNode'
      return isSchema ? transformer.transformNode(node, queryId) : node
    },
    transformResult: ({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> =>
      Promise.resolve(result),
  }
}
