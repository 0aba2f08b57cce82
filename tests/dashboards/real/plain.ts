// A type as it stands in JSON: enums are their values.
export type Plain<T> =
  unknown extends T ? any
  : T extends string ? `${T}`
  : T extends number ? (`${T}` extends `${infer N extends number}` ? N : never)
  : T extends (infer U)[] ? Plain<U>[]
  : T extends object ? {[K in keyof T]: Plain<T[K]>}
  : T;

// What Grafana's Prometheus data source keeps in an annotation beside the published keys.
export interface PrometheusAnnotation {
  expr?: string;
  step?: string;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean;
  target?: {refId: string; expr: string; interval?: string; datasource: {type: string; uid: string}};
}
