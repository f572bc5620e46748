// What the build makes of a picture that is imported: its address.
declare module "*.jpg" {
  const address: string;
  export default address;
}
