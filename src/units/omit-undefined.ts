export type OmitUndefined<Options> = { [Key in keyof Options]?: Exclude<Options[Key], undefined> }

/** Without the keys whose value is undefined, so that an absent option leaves the default alone. */
export function omitUndefined<Options extends object>(options: Options): OmitUndefined<Options>
export function omitUndefined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
