/** The names of an organisation or of goods, by language. At least one is given. */
export interface Names {
  zh?: string;
  en?: string;
}
