/** What is used of jStat, which ships without types. */
declare module 'jstat' {
  const jstat: {
    readonly jStat: {
      readonly normal: {
        cdf(x: number, mean: number, sd: number): number
        inv(p: number, mean: number, sd: number): number
      }
      readonly studentt: {
        cdf(x: number, freedom: number): number
        inv(p: number, freedom: number): number
      }
      readonly beta: { inv(p: number, a: number, b: number): number }
    }
  }
  export default jstat
}
