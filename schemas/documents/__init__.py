"""The shipped kinds of document, one file each: fields first, then the rules between them."""
